// The story in short, with the real client: what befalls a login, and how the next launch goes.

import { rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import { hooked } from '../kit/hooked.js'
import { realClient } from '../kit/real-clients.js'
import { type Wrapped, type WrappedOptions, wrapped } from '../kit/wrapped.js'

const client = realClient('new')
const quiet = { code: 0, stdout: 'Hello.\n', stderr: '' }
const options = { skip: client.skip, buffered: true }
t.jobs = 2

const boxWith = (t: Test, more: WrappedOptions) =>
  wrapped(t, { client: client.path, via: 'proxy', config: { custody: 'sole' }, ...more })

/** Launches Claude once; it answers, nothing is said, and the file holds a login that the server takes. */
async function launchesWell(t: Test, box: Wrapped) {
  const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
  t.same({ code, stdout, stderr }, quiet)
  await box.settle()
  t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'a live login in the file')
  t.equal(box.authority.counts().reuses, 0, 'no token is spent twice')
}

t.test('a healthy login: nothing is said and nothing is renewed', options, async t => {
  const box = await boxWith(t, { login: 'valid' })
  for (const _ of ['first seen', 'known']) await launchesWell(t, box)
  t.equal(box.authority.counts().rotations, 0)
})

t.test('an expired login is renewed before Claude starts', options, async t => {
  const box = await boxWith(t, { login: 'expired' })
  await launchesWell(t, box)
  t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  t.same(box.tokenRequests().theirs, [])
})

for (const [name, befall] of Object.entries({
  blanked: (box: Wrapped) => box.blank(),
  deleted: (box: Wrapped) => rmSync(box.home.paths.loginFile),
}))
  t.test(`a ${name} login comes back from the sealed copy`, options, async t => {
    const box = await boxWith(t, { login: 'valid' })
    await launchesWell(t, box)
    befall(box)
    await launchesWell(t, box)
  })

t.test('a dead login: the launch says what to type, and Claude starts', options, async t => {
  const box = await boxWith(t, { login: 'dead' })
  const { stdout, stderr } = await box.launch(['-p', 'hi'])
  await box.settle()
  t.match(stdout, /Not logged in|session expired|401/, 'the client was started')
  t.match(stderr, /^(claude-auth: [^\n]+\n){2,6}$/)
  t.match(stderr, 'Type: claude-auth login')
  const { code, outcome } = await box.ensure()
  t.match({ code, outcome }, { code: 3, outcome: { verdict: 'sign-in' } })
  t.equal(box.authority.counts().tokenRequests, 1, 'a refused token is never posted again')
})

t.test('ten launches at once on an expired login make one request', options, async t => {
  const box = await boxWith(t, { login: 'expired' })
  const all = await Promise.all(Array.from({ length: 10 }, () => box.launch(['-p', 'hi'])))
  for (const { code, stdout, stderr } of all) t.same({ code, stdout, stderr }, quiet)
  await box.settle()
  t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
})

t.test('a log-out stays one, and a sign-in heals', options, async t => {
  const box = await boxWith(t, { login: 'valid' })
  await launchesWell(t, box)
  await box.launch(['auth', 'logout'])
  await box.settle()
  const next = await box.launch(['-p', 'hi'])
  t.match(next.stdout, /Not logged in/)
  t.match(next.stderr, /^claude-auth: You signed out on /)
  await box.settle()
  t.equal(box.login(), null, 'nothing comes back')
  box.writeLogin(box.signIn())
  await launchesWell(t, box)
})

t.test('a start that never meets the wrapper is healed by the hook', options, async t => {
  const box = await hooked(t, { client: client.path, via: 'proxy', config: { custody: 'sole' } })
  t.match((await box.ensure()).outcome, { verdict: 'ok' })
  box.blank()
  const { code, stdout } = await box.run('claude', ['-p', 'hi'])
  t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
  await box.settle()
  t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
})

t.test('sole custody: no refresh token in plain text, and renewals go on', options, async t => {
  const box = await boxWith(t, { login: 'valid' })
  await launchesWell(t, box)
  t.equal(box.login()?.refreshToken, null)
  t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
  const before = box.login()?.accessToken ?? ''
  box.authority.expireAccess(before)
  box.authority.revokeAccess(before)
  t.match((await box.ensure(['--force'])).outcome, { verdict: 'ok', custody: 'sole' })
  t.not(box.login()?.accessToken, before)
  await launchesWell(t, box)
  t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
})
