// Offboarding under load and under the axe: nothing is written after a cut, nothing destroyed comes back, and a killed stage is completed.

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

import t, { type Test } from 'tap'
import { cutInVault, doVaultSteps } from '../../src/offboard/vault-actions.js'
import { destroySteps, revokeSteps, undoSteps } from '../../src/offboard/vault-steps.js'
import { offboardMachine } from '../kit/offboard-machine.js'
import { factsOf, type OffboardSite, offboardSite, ofUser } from '../kit/offboard-site.js'
import { endState, stagesOf } from '../kit/offboard-stages.js'
import type { OpenBao } from '../kit/openbao.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { figuresOf, isWhole, scale } from './figures.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '17 Offboarding')
const document = 'secret/data/workstation/claude-users'
const cause = () => ({ by: 'root@admin', why: 'left', nowMs: Date.now() })
/** Writes until told to stop; each attempt is kept with the time at which it began. */
function writers(site: OffboardSite, user: string, tokens: string[]) {
  const tried: { beganAtMs: number; isAccepted: boolean }[] = []
  let isOver = false
  const write = async (token: string) => {
    while (!isOver) {
      const beganAtMs = performance.now()
      const data = { backed_up_at: String(beganAtMs) }
      const { status } = await site.server.ask('PATCH', `${document}/${user}`, { data }, token)
      tried.push({ beganAtMs, isAccepted: status === 200 })
    }
  }
  const all = Promise.all(tokens.map(write))
  const stop = async () => {
    isOver = true
    await all
  }
  return { tried, stop }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

t.test('cut and undo among writers', async t => {
  const site = await offboardSite(t)
  const token = await site.user('alice')
  const jwt = await site.jwtUser('alice')
  const lea = await site.legacyUser('lea')
  const found = { before: 0, after: 0, back: 0 }
  const rounds = scale(6, 60)
  for (let round = 0; round < rounds; round++) {
    const [user, tokens] =
      round % 3 === 2
        ? ['lea', Array(6).fill(lea)]
        : ['alice', [token, token, token, jwt, jwt, jwt]]
    const writing = writers(site, user, tokens)
    await pause(60)
    const steps = await cutInVault(site.vault, ofUser(user), cause())
    const cutAtMs = performance.now()
    t.ok(Array.isArray(steps) && steps.every(({ state }) => state === 'done'))
    await pause(40)
    await writing.stop()
    const accepted = writing.tried.filter(({ isAccepted }) => isAccepted)
    found.before += accepted.filter(({ beganAtMs }) => beganAtMs < cutAtMs).length
    found.after += accepted.filter(({ beganAtMs }) => beganAtMs >= cutAtMs).length
    await doVaultSteps(site.vault, user, undoSteps(await factsOf(site, user)))
    const again = await Promise.all(tokens.map(each => site.tries(each, user)))
    found.back += again.every(([read, wrote]) => read === 200 && wrote === 200) ? 1 : 0
  }
  figures.counted(
    'rounds, and writes accepted before the cut was answered',
    `${rounds}, ${found.before}`,
  )
  figures.wanted('writes accepted that began after it', found.after, 0)
  figures.wanted('rounds after whose undo all writers work again', found.back, rounds)
})

t.test('destroyed, and a host that goes on', async t => {
  const site = await offboardSite(t)
  const rounds = scale(3, 20)
  let back = 0
  for (let round = 0; round < rounds; round++) {
    const user = `user${round}`
    const token = await site.user(user)
    const jwt = await site.jwtUser(user)
    const live = writers(site, user, [token, jwt])
    await cutInVault(site.vault, ofUser(user), cause())
    await doVaultSteps(site.vault, user, revokeSteps(await factsOf(site, user), cause()))
    await doVaultSteps(site.vault, user, destroySteps(await factsOf(site, user)))
    await pause(50)
    back += (await factsOf(site, user)).documents.length
    // As the host's engine does where it finds no document.
    const write = { data: { setup_token: '' } }
    for (const each of [token, jwt])
      await site.server.ask('POST', `${document}/${user}`, write, each)
    back += (await factsOf(site, user)).documents.length
    await live.stop()
  }
  figures.wanted('documents that came back, of as many destroyed beside a live host', back, 0)
})

/** Counts requests on their way to OpenBao; after the answer to number `killAt`, which it keeps, it calls `kill`. */
async function axe(t: Test) {
  const state = { count: 0, killAt: 0, kill: async () => {}, hasKilled: false }
  const start = async (bao: OpenBao) => {
    const to = new URL(bao.address)
    const server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const { method, url, headers } = incoming
      const onward = request({ host: to.hostname, port: to.port, method, path: url, headers })
      onward.on('error', () => outgoing.destroy())
      onward.on('response', async reply => {
        state.count += 1
        if (state.count === state.killAt) {
          state.hasKilled = true
          await state.kill()
        }
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(outgoing)
      })
      onward.end(Buffer.concat(chunks))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  return { state, start }
}

t.test('killed, and once more', { skip: noOwnMachine }, async t => {
  const { state, start } = await axe(t)
  const place = await offboardMachine(t, ['clean'], { addressOf: start })
  const { offboard, machine } = place
  state.kill = async () => void (await machine.sh("pkill -KILL -f '[o]ffboard' || true"))

  const clean: Record<string, { requests: number; end: string }> = {}
  for (const [name, words] of Object.entries(stagesOf)) {
    state.count = 0
    const { code } = await offboard('clean', ...words)
    t.ok(code === 0 || code === 4, `${name}: ${code}`)
    clean[name] = { requests: state.count, end: await endState(place, 'clean') }
  }

  const found = { killed: 0, other: 0, broken: 0 }
  const points = Object.values(clean).map(({ requests }) => requests)
  const most = Math.max(...points)
  const tried = isWhole ? Array.from({ length: most }, (_, at) => at + 1) : [most - 4, most - 1]
  for (const at of tried) {
    const user = `user${at}`
    await place.addUser(user)
    for (const [name, words] of Object.entries(stagesOf)) {
      Object.assign(state, { count: 0, killAt: at, hasKilled: false })
      await offboard(user, ...words)
      found.killed += state.hasKilled ? 1 : 0
      state.killAt = 0
      const ended = await offboard(user, ...words)
      // What was complete when it was killed is done: then a stage may have nothing left to say.
      const isWell = ended.code === 0 || ended.code === 4 || name === 'undo'
      if (!isWell) found.broken += 1
      const end = await endState(place, user)
      if (end !== clean[name]?.end) {
        found.other += 1
        t.comment(`${name}, killed at ${at}: ${end}, clean ${clean[name]?.end}`)
      }
      if (!isWell) t.comment(`${name}, killed at ${at}: ${ended.code} ${ended.stderr}`)
    }
  }
  figures.counted('stages that were killed at a request', found.killed)
  figures.wanted('second runs that failed', found.broken, 0)
  figures.wanted('end states other than without a kill', found.other, 0)
})

t.test('a dry run writes nothing', async t => {
  const site = await offboardSite(t)
  await site.user('alice')
  site.asked.length = 0
  await cutInVault(site.vault, ofUser('alice'), cause(), { dryRun: true })
  const writes = site.asked.filter(
    each => !/^(?:GET|LIST) |^POST (?:identity\/lookup|auth\/token\/lookup-accessor)/.test(each),
  )
  figures.wanted('requests of a dry run that write', writes.length, 0)
})
