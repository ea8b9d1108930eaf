// What doctor has heard of the server is known to status and to the next launch; the login stays as it is.

import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { requestRefresh } from '../../src/anthropic/login-server.js'
import { engineFacts } from '../../src/doctor/engine-facts.js'
import { loginFacts } from '../../src/doctor/login-facts.js'
import { observe } from '../../src/engine/observe.js'
import { previewOf, statusFacts } from '../../src/engine/preview.js'
import { statusLines } from '../../src/engine/status-words.js'
import { beginAnswer, saveAnswer } from '../../src/login/answer.js'
import { tokenHash } from '../../src/login/login.js'
import { enterGate } from '../../src/system/gate.js'
import { plainInk } from '../../src/text/terminal.js'
import { custodies, type Engine, engine, hourMs, minuteMs } from '../kit/engine.js'

process.env['TZ'] = 'UTC'

/** As `claude-auth doctor`. */
async function look(at: Engine) {
  const run = { ...(await at.run()), readOnly: true }
  const how = { env: run.env, cwd: at.home.path, offline: false, testAlert: false }
  return engineFacts({ ...(await loginFacts(how)), run, seen: observe(run) })
}

async function status(at: Engine) {
  const run = { ...(await at.run({ offline: true })), readOnly: true }
  const found = await previewOf(run)
  return { ...found, text: statusLines(statusFacts(run, found), 200, plainInk).join('\n') }
}

const mark = (at: Engine, name: string) => join(at.home.paths.state, name)
const refuse = (at: Engine) => at.authority.revokeAccess(at.login()?.accessToken ?? '')

for (const custody of custodies) {
  t.test(`${custody}: a refusal is told by status, and the next run renews`, async t => {
    const at = await engine(t, { config: { custody } })
    await at.ensure()
    t.ok(existsSync(mark(at, 'fresh')))
    refuse(at)
    const login = at.fileText()
    t.match(await look(at), { server: { kind: 'refused' } })
    t.equal(at.fileText(), login)
    t.match(at.memory().verification, { kind: 'refused' })
    t.notOk(existsSync(mark(at, 'fresh')), 'the next launch asks the engine')
    t.match(readFileSync(mark(at, 'short'), 'utf8'), /needs care/)
    const seen = await status(at)
    t.match(seen, { outcome: { verdict: 'attention' }, isRefused: true })
    t.match(seen.text, /refused by the server.*renewed at the next launch/)
    t.ok((await at.ensure()).did.includes('renew'))
    t.match((await status(at)).text, /Token good for/)
  })

  t.test(`${custody}: an answer about a login that was never seen is known, too`, async t => {
    const at = await engine(t, { config: { custody } })
    await at.ensure()
    at.writeLogin(at.signIn(4 * hourMs))
    t.match((await status(at)).text, /has not been asked about it yet/)
    const login = at.fileText()
    t.match(await look(at), { server: { kind: 'accepted' } })
    t.equal(at.fileText(), login)
    t.match((await status(at)).text, /^\S+ Signed in as alice@example.com[^;]*\n/)
  })
}

t.test(
  'where claude-auth never ran, a refusal is kept and an acceptance leaves no trace',
  async t => {
    const at = await engine(t)
    await look(at)
    t.notOk(existsSync(at.home.paths.stateFile))
    refuse(at)
    await look(at)
    t.match((await status(at)).text, /refused by the server/)
  },
)

t.test('nothing is kept that is known already', async t => {
  const at = await engine(t)
  await at.ensure()
  const before = readFileSync(at.home.paths.stateFile, 'utf8')
  at.pass(minuteMs)
  await look(at)
  t.equal(readFileSync(at.home.paths.stateFile, 'utf8'), before)
  t.ok(existsSync(mark(at, 'fresh')))
})

for (const mode of ['observe', 'off'])
  t.test(`mode: ${mode}: nothing is written`, async t => {
    const at = await engine(t)
    await at.ensure()
    at.configure({ mode })
    refuse(at)
    const before = readFileSync(at.home.paths.stateFile, 'utf8')
    await look(at)
    t.equal(readFileSync(at.home.paths.stateFile, 'utf8'), before)
  })

t.test('where another run is at work, it asks for itself', async t => {
  const at = await engine(t)
  await at.ensure()
  refuse(at)
  const gate = enterGate(at.home.paths.gate, null, 1000)
  t.teardown(() => gate.leave())
  t.match(await look(at), { server: { kind: 'refused' } })
  t.match(at.memory().verification, { kind: 'accepted' })
})

t.test('a 401 that a client met is told until the server has been asked', async t => {
  const at = await engine(t)
  await at.ensure()
  at.pass(hourMs)
  writeFileSync(mark(at, 'doubted'), '')
  utimesSync(mark(at, 'doubted'), at.clock.ms / 1000, at.clock.ms / 1000)
  const doubted = await status(at)
  t.match(doubted, { outcome: { verdict: 'attention' }, isDoubted: true })
  t.notMatch(doubted.text, /good/)
  at.pass(minuteMs)
  t.match(await look(at), { server: { kind: 'accepted' } })
  t.match((await status(at)).text, /Token good for/)
})

/** A killed run's request, and the answer to it, where one came. */
async function leaveAnswer(at: Engine, isAnswered: boolean) {
  const run = await at.run()
  const refreshToken = (await at.stored())?.refreshToken ?? ''
  const sealer = await run.sealer()
  const header = { parentHash: tokenHash(refreshToken), sentAtMs: at.clock.ms, sealed: true }
  beginAnswer(run.paths.answer, header, 'n')
  const reply = await requestRefresh(run.network, at.authority.url, refreshToken, null)
  if (reply.kind !== 'reply') throw new Error(reply.kind)
  if (isAnswered) await saveAnswer(run.paths.answer, reply, sealer, { header, nonce: 'n' })
}

const unsettled: [string, (at: Engine) => Promise<void>][] = [
  ['a log-out', async at => at.home.write(at.home.paths.signedOut, '')],
  ['the answer of a killed run', at => leaveAnswer(at, true)],
  ['the request of a killed run', at => leaveAnswer(at, false)],
]
for (const custody of custodies)
  for (const [name, leave] of unsettled) {
    t.test(`${custody}: ${name} is left to the next run, and a sign-in after it lasts`, async t => {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      at.pass(hourMs)
      await leave(at)
      at.writeLogin(null)
      const signedIn = at.signIn()
      at.writeLogin(signedIn)
      const { held, verification } = at.memory()
      t.match(await look(at), { server: { kind: 'accepted' } })
      t.match(at.memory(), { held, verification }, 'nothing is remembered before')
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.login()?.accessToken, signedIn.accessToken)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
    })

    t.test(`${custody}: after ${name}, a refusal makes the next launch ask the engine`, async t => {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      await leave(at)
      refuse(at)
      t.match(await look(at), { server: { kind: 'refused' } })
      t.notOk(existsSync(mark(at, 'fresh')))
      t.match(at.memory().verification, { kind: 'accepted' })
    })
  }
