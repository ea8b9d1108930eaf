// Switched off in sole custody: the refresh token goes back to the client, or the login would end with its access token.

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { whoAmI } from '../../src/system/users.js'
import { type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

/** A login in sole custody, good and verified. */
async function inCustody(t: Test): Promise<Wrapped> {
  const box = await wrapped(t, { login: 'expired', config: { custody: 'sole' } })
  t.match(await box.ensure(), { code: 0 })
  t.ok(box.login()?.refreshToken === null)
  return box
}

function switchOff(box: Wrapped, off: Record<string, unknown>): void {
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  // In YAML, where the shell sees the mode by itself.
  const lines = Object.entries({ version: 1, custody: 'sole', endpoints, ...off })
  const text = lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')
  box.home.write(box.home.configFile, text.replace('"off"', 'off'))
}

function roster(box: Wrapped, entry: Record<string, unknown>): Record<string, unknown> {
  const file = join(box.home.path, '.config/claude-auth/roster.yaml')
  box.home.write(file, JSON.stringify({ users: { [whoAmI({ HOME: '/' }).user]: entry } }))
  return { roster: file }
}

const ways: Record<string, (box: Wrapped) => Record<string, unknown>> = {
  'mode: off': () => ({ mode: 'off' }),
  'a roster that leaves the user out': box => roster(box, { claude_auth: false }),
}

for (const [way, off] of Object.entries(ways))
  t.test(
    `${way}: the first launch hands the refresh token back, once`,
    { buffered: true },
    async t => {
      const box = await inCustody(t)
      switchOff(box, off(box))
      const quiet = { code: 0, stdout: 'client: x\n', stderr: '' }
      t.match(await box.launch(['x']), quiet)
      await box.settle()
      const { refreshToken = null } = box.login() ?? {}
      t.ok(refreshToken, 'it is in the file')
      t.notOk(box.authority.counts().reuses)
      const { length } = box.journal()
      t.match(await box.launch(['x']), quiet)
      await box.settle()
      t.ok(box.login()?.refreshToken === refreshToken, 'and stays as it is')
      t.equal(box.journal().length, length, 'nothing more is done')
    },
  )

t.test('parked: what is sealed stays so until they come back', async t => {
  const box = await inCustody(t)
  switchOff(box, roster(box, { parked: true }))
  t.match(await box.launch(['x']), { code: 0, stderr: '' })
  await box.settle()
  t.match(await box.ensure(), { outcome: { because: 'off' } })
  t.ok(box.login()?.refreshToken === null)
  switchOff(box, {})
  t.match(await box.ensure(), { code: 0, outcome: { because: 'fresh' } })
})

t.test('mode: off: a typed ensure hands it back, and says that it is off', async t => {
  const box = await inCustody(t)
  switchOff(box, { mode: 'off' })
  t.match(await box.ensure(), { code: 0, outcome: { because: 'off', did: [] } })
  t.ok(box.login()?.refreshToken)
})

t.test('mode: off: where nothing outlives a launch, a launch leaves it to ensure', async t => {
  const box = await wrapped(t, { login: 'expired', config: { custody: 'sole' }, bootedBy: 'sh' })
  t.match(await box.ensure(), { code: 0 })
  switchOff(box, { mode: 'off' })
  t.match(await box.launch(['x']), { code: 0, stderr: '' })
  await box.settle()
  t.ok(box.login()?.refreshToken === null)
})

t.test('a login without refresh token that is not of our making is left alone', async t => {
  const box = await wrapped(t, { login: 'valid', config: { mode: 'off' } })
  const login = box.login()
  if (login === null) throw new Error('no login')
  box.writeLogin({ ...login, refreshToken: null })
  t.match(await box.launch(['x']), { code: 0, stderr: '' })
  await box.settle()
  t.match(await box.ensure(), { code: 0, outcome: { because: 'off' } })
  t.ok(box.login()?.refreshToken === null)
  t.same(box.authority.requests, [])
})
