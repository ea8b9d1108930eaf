// What a person is told once: it is not told again because it did not apply for a while.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { ensure } from '../../src/engine/ensure.js'
import { noticeLogOut } from '../../src/engine/log-out.js'
import { observe } from '../../src/engine/observe.js'
import { commit, type Run } from '../../src/engine/run.js'
import { report } from '../../src/engine/tell.js'
import { tokenHash } from '../../src/login/login.js'
import { decide } from '../../src/policy/decide.js'
import { setupTokenKeys } from '../../src/store/document.js'
import { type Engine, engine, hourMs } from '../kit/engine.js'

/** The lines of a launch whose environment has that key, warnings too. */
async function said(at: Engine, change: (run: Run) => Partial<Run> = () => ({})) {
  const plain = await at.run()
  const run = { ...plain, ...change(plain) }
  const seen = observe(run)
  const { lines, warnings } = await report(run, seen, decide(seen.state, run.now()), {
    steps: [],
    did: [],
  })
  return [...lines, ...warnings]
}

const key = (wins: string, tokenHash?: string) => () => ({
  otherCredential: {
    kind: 'api-key' as const,
    wins,
    from: 'environment',
    ...(tokenHash ? { tokenHash } : {}),
  },
})

t.test('each other credential is told once for good', async t => {
  const at = await engine(t)
  await at.ensure()
  const [one, two] = [key('ONE from the environment', 'a'), key('TWO from the environment')]
  t.equal((await said(at, one)).length, 2, 'and that it may be shared')
  t.same(await said(at), [])
  t.equal((await said(at, two)).length, 1)
  for (const each of [one, two, one]) t.same(await said(at, each), [])
})

t.test('one’s own recorded long-lived token is no shared one', async t => {
  const at = await engine(t)
  await at.ensure()
  const { store, now } = await at.run()
  const token = at.authority.mintLongLived(at.user).accessToken
  const facts = { mintedAtMs: now(), endsAtMs: null, identity: null }
  const written = await store?.change(setupTokenKeys({ token, ...facts }), 1)
  t.match(written, { kind: 'written' })
  const name = 'CLAUDE_CODE_OAUTH_TOKEN from the environment'
  t.equal((await said(at, key(name, tokenHash(token)))).length, 1)
  t.same(await said(at, key(name, tokenHash(token))), [])
  t.match(await said(at, key(name, tokenHash('another'))), [/may be shared/])
})

t.test('a wrong clock is told again when it was right in between', async t => {
  const at = await engine(t)
  await at.ensure()
  const wrong = (run: Run) => ({ memory: { ...run.memory, clockOffMs: 2 * hourMs } })
  const right = (run: Run) => ({ memory: { ...run.memory, clockOffMs: 0 } })
  t.match(await said(at, wrong), [/clock here/])
  t.same(await said(at, wrong), [])
  t.same(await said(at, right), [])
  t.match(await said(at, wrong), [/clock here/])
})

t.test('mode observe says once what it would do', async t => {
  const at = await engine(t, { config: { mode: 'observe' } })
  const renew = () => ({ would: { do: 'renew', because: 'expired' } as const })
  const restore = () => ({ would: { do: 'restore', because: 'blank' } as const })
  t.match(await said(at, renew), [/^claude-auth: Only observing\. It would renew the login/])
  t.same(await said(at, renew), [])
  t.same(await said(at), [])
  t.same(await said(at, renew), [])
  t.match(await said(at, restore), [/put the stored login back/])
})

t.test('what nobody heard is left for the next launch at a terminal', async t => {
  for (const [name, isHeard] of [
    ['a launch', true],
    ['the timer', false],
  ] as const) {
    const at = await engine(t)
    at.authority.fail('profile', faults.clock(2 * hourMs))
    const said = { lines: [] as string[], warnings: [] as string[], left: [] as string[] }
    await ensure(await at.run(), {
      tell: ({ lines, warnings }) => Object.assign(said, { lines, warnings }),
      isHeard,
      leave: lines => said.left.push(...lines),
      patientUntilMs: 0,
      interrupted: () => false,
    })
    const clock = [/clock here is 2 h behind/]
    t.match(said, isHeard ? { lines: clock, warnings: [] } : { lines: [], warnings: clock }, name)
    t.same(said.left, [], 'nothing is said twice')
  }
})

t.test('what comes up when a launch has gone on is left too', async t => {
  const at = await engine(t)
  await at.ensure()
  at.pass(2 * hourMs)
  at.authority.fail('profile', faults.clock(2 * hourMs))
  const left: string[] = []
  await ensure(await at.run(), {
    tell: ({ lines, warnings }) => t.same([...lines, ...warnings], []),
    leave: lines => left.push(...lines),
    patientUntilMs: 0,
    interrupted: () => false,
  })
  t.match(left, [/clock here is 2 h behind/])
})

t.test('who has to sign in anyway is not warned of an end', async t => {
  const at = await engine(t, { login: 'none' })
  const login = at.signIn()
  at.writeLogin({ ...login, refreshTokenExpiresAt: at.clock.ms + 48 * hourMs })
  at.home.write(at.home.paths.signedOut, '')
  const run = await at.run()
  await noticeLogOut(run, observe(run))
  for (const because of ['signed-out', 'grant-refused'] as const) {
    if (because === 'grant-refused') commit(run, { unsaved: { signedOut: null } })
    const decision = { do: 'sign-in', because, about: null } as const
    const work = { steps: [], did: [] }
    const { warnings, outcome } = await report(run, observe(run), decision, work)
    t.same(warnings, [], because)
    t.equal(outcome.loginEndsAt === null, because === 'signed-out', because)
  }
})
