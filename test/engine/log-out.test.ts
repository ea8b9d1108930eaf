// A log-out is respected: nothing comes back until somebody signs in.

import { readFileSync, rmSync } from 'node:fs'
import t from 'tap'
import { ensure } from '../../src/engine/ensure.js'
import { custodies, type Engine, engine, hourMs } from '../kit/engine.js'

function clearAccount({ home }: Engine) {
  home.write(home.paths.clientConfig, JSON.stringify({ hasCompletedOnboarding: true }))
}

const ways: [string, (at: Engine) => void][] = [
  ['by the mark', at => at.home.write(at.home.paths.signedOut, '')],
  ['by the client’s own cleared account', clearAccount],
]
for (const custody of custodies)
  for (const [name, logOut] of ways)
    t.test(`${custody}, ${name}`, async t => {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      const { accessToken } = (await at.stored()) ?? {}
      const old = at.login()
      logOut(at)
      at.writeLogin(null)
      for (let round = 0; round < 3; round += 1)
        t.match(await at.ensure({ forced: round === 2 }), {
          verdict: 'sign-in',
          because: 'signed-out',
          alert: 'off',
        })
      t.equal(at.login(), null)
      t.equal(await at.stored(), null, 'the copy is gone')
      t.notOk(at.authority.accepts(accessToken ?? ''), 'and ended at the server')
      t.equal(at.asked('revoke'), 1)
      at.writeLogin(old)
      t.match(await at.ensure(), { because: 'signed-out' }, 'an old backup is no sign-in')
      at.writeLogin(at.signIn())
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal((await at.stored())?.accessToken, at.login()?.accessToken)
    })

t.test('a file that vanished while the account is known was lost, not logged out', async t => {
  const at = await engine(t)
  await at.ensure()
  at.writeLogin(null)
  t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
})

t.test('a store that is away is told of the log-out later', async t => {
  const at = await engine(t)
  await at.ensure()
  at.home.write(at.home.paths.signedOut, '')
  at.writeLogin(null)
  await at.ensure({ offline: true })
  t.not(await at.stored(), null)
  t.match(await at.ensure(), { because: 'signed-out' })
  t.equal(await at.stored(), null)
  rmSync(at.home.paths.signedOut)
  t.match(
    await at.ensure(),
    { verdict: 'sign-in' },
    'without the mark there is still nothing to restore',
  )
})

/** Access tokens that the server accepts. */
function liveTokens({ authority }: Engine): string[] {
  return authority.secrets().filter(secret => authority.accepts(secret) !== null)
}

/** A run in sole custody in which somebody begins to log out while the login is being sealed. */
async function withLogOut(at: Engine) {
  const run = await at.run()
  const { store } = run
  if (store === null) throw new Error('no store')
  const write: typeof store.write = async (...about) => {
    const written = await store.write(...about)
    at.home.write(at.home.paths.signedOut, '')
    return written
  }
  const quiet = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  return (await ensure({ ...run, store: { ...store, write } }, quiet)).outcome
}

t.test('a log-out that begins while a new login is taken into custody', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  const before = at.fileText()
  await withLogOut(at)
  t.equal(at.fileText(), before, 'nothing is written any more')
  // The run was killed before it had remembered anything; the client goes on with the log-out.
  rmSync(at.home.paths.stateFile)
  t.match(await at.ensure(), { because: 'signed-out' }, 'the mark still counts')
  at.writeLogin(null)
  for (let round = 0; round < 3; round += 1)
    t.match(await at.ensure({ forced: true }), { verdict: 'sign-in', because: 'signed-out' })
  t.equal(at.login(), null)
})

t.test('a log-out that begins while a renewed login is being saved', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  await at.ensure()
  at.pass(9 * hourMs)
  const before = at.fileText()
  await withLogOut(at)
  t.equal(at.authority.counts().rotations, 1)
  t.equal(at.fileText(), before)
  t.same(liveTokens(at), [], 'what the renewal brought is ended')
  at.writeLogin(null)
  t.match(await at.ensure({ forced: true }), { verdict: 'sign-in', because: 'signed-out' })
  t.equal(at.login(), null)
  t.equal(at.authority.counts().reuses, 0)
})

t.test('a server that does not hear of that log-out is told by a later run', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  await at.ensure()
  at.pass(9 * hourMs)
  const deeds = () =>
    readFileSync(at.home.paths.journal, 'utf8')
      .split('\n')
      .filter(line => line.includes('"because":"revoked"')).length
  at.authority.fail('revoke', { instead: 'drop' }, 20)
  await withLogOut(at)
  t.equal(at.authority.counts().rotations, 1)
  t.equal(deeds(), 0, 'nothing is said to be revoked')
  t.equal(liveTokens(at).length, 1)
  at.authority.clearFaults()
  at.writeLogin(null)
  t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' })
  t.same(liveTokens(at), [])
  t.ok(deeds() > 0)
})
