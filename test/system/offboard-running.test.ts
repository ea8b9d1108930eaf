// A cut while the engine is at work: the loop in the middle of a write, and runs one after another. Vault takes nothing after it.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { offboardMachine } from '../kit/offboard-machine.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { type Passed, type VaultGateway, vaultGateway } from '../kit/vault-gateway.js'

const isWrite = ({ method, path }: Passed) =>
  method !== 'GET' && /claude-(?:users|fleet)\//.test(path)
const longestWaitMs = 20_000

t.test('the loop and a worker write nothing after the cut', { skip: noOwnMachine }, async t => {
  let gateway = null as VaultGateway | null
  const place = await offboardMachine(t, ['alice', 'bob'], {
    addressOf: async server => {
      gateway = await vaultGateway(t, server)
      return gateway.address
    },
  })
  if (gateway === null) throw new Error('nothing asked for the address')
  const { offboard, machine, site, box } = place
  const tokens = { alice: place.vaultTokens[0] ?? '', bob: place.vaultTokens[1] ?? '' }
  const written: { token: string; status: number; atMs: number }[] = []
  const acceptedOf = (user: 'alice' | 'bob', sinceMs: number) =>
    written.filter(
      ({ token, status, atMs }) => token === tokens[user] && status < 300 && atMs >= sinceMs,
    ).length
  gateway.after = (asked, { status }) => {
    if (isWrite(asked)) written.push({ token: asked.token, status, atMs: performance.now() })
    return null
  }

  let isHeld = false
  let letGo: () => void = () => undefined
  const released = new Promise<void>(resolve => {
    letGo = resolve
  })
  t.teardown(letGo)
  gateway.before = async asked => {
    if (asked.token !== tokens.alice || !isWrite(asked) || !asked.path.includes('/data/')) return
    isHeld = true
    await released
  }
  // A new login, so that there is something to back up.
  const signIn = async (user: string, path: string) => {
    await machine.write(path, JSON.stringify({ claudeAiOauth: box.signIn() }), 0o600)
    await machine.sh(`chown ${user}: ${path}`)
  }
  const logins = Array.from({ length: 40 }, (_, at) => `/home/bob/login-${at}`)
  await signIn('alice', '/home/alice/.claude/.credentials.json')
  for (const path of logins) await signIn('bob', path)
  const program = '/usr/local/bin/claude-auth'
  let loopId = 0
  const loop = machine.as('alice', program, ['ensure', '--every', '1m'], {
    onStart: pid => {
      loopId = pid
    },
  })
  const worker = machine.as('bob', 'sh', [
    '-c',
    `for each in login-*; do
      mv "$each" .claude/.credentials.json
      ${program} ensure --json
      ! [ -e over ] || exit 0
    done >worker.log 2>&1`,
  ])
  const until = performance.now() + longestWaitMs
  while ((!isHeld || acceptedOf('bob', 0) < 2) && performance.now() < until) await sleep(50)
  t.ok(isHeld, 'the loop is about to write')
  t.ok(acceptedOf('bob', 0) >= 2, 'the worker writes')
  const versionOf = async (user: string) => (await site.server.document(user))?.version
  const before = await versionOf('alice')

  for (const user of ['alice', 'bob'])
    t.match(await offboard(user, '--stage', 'cut', '--yes'), { code: 4 }, user)
  const cutAtMs = performance.now()
  const ofBob = await versionOf('bob')
  letGo()
  await sleep(3000)
  await machine.sh('touch /home/bob/over')
  t.match(await worker, { code: 0 })
  t.equal(acceptedOf('alice', 0), 0, 'what was on its way is refused')
  t.equal(acceptedOf('bob', cutAtMs), 0)
  t.same([await versionOf('alice'), await versionOf('bob')], [before, ofBob])
  const last = (await machine.sh('tail -n 1 /home/bob/worker.log')).trim()
  t.match(JSON.parse(last), { because: 'off', did: [] }, 'the worker has nothing to do any more')

  process.kill(-loopId, 'SIGTERM')
  t.match((await loop).stderr, /^(?!.*hvs\.)/s)
})
