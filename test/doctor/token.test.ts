// Faults of token, sign-in, identity and custody: what the server and the engine say of them.

import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { requestRefresh } from '../../src/anthropic/login-server.js'
import { faults } from '../../src/demo/faults.js'
import { plainSealer } from '../../src/engine/renew.js'
import { beginAnswer, saveAnswer } from '../../src/login/answer.js'
import { tokenHash } from '../../src/login/login.js'
import { directNetwork } from '../kit/direct-network.js'
import { doctor, findsFault, healthy } from '../kit/doctor.js'
import type { Sandbox } from '../kit/sandbox.js'

const hourMs = 3_600_000
const network = directNetwork()

function loginOf(box: Sandbox) {
  const login = box.login()
  if (login === null) throw new Error('no login')
  return login
}

/** The access token has ended, here and at the server. */
function expire(box: Sandbox) {
  const login = loginOf(box)
  box.authority.expireAccess(login.accessToken)
  box.writeLogin({ ...login, expiresAt: Date.now() - 2 * hourMs })
}

t.test('shared-token: a token in the environment that is not the user’s own', async t => {
  const box = await healthy(t)
  const { accessToken } = box.authority.mintLongLived({ ...box.user, email: 'bob@example.com' })
  const more = { env: { CLAUDE_CODE_OAUTH_TOKEN: accessToken } }
  await findsFault(t, box, 'shared-token', { fixable: false, more })
})

t.test('credential: an API key goes before the login, and is not told', async t => {
  const box = await healthy(t)
  const key = 'sk-ant-api03-not-to-be-told-0123456789'
  const seen = await doctor(box, [], { env: { ANTHROPIC_API_KEY: key } })
  t.same(seen.faults, [])
  t.match(seen.check('credential'), {
    state: 'note',
    message: 'ANTHROPIC_API_KEY from the environment signs the requests, not your login.',
    hint: 'unset ANTHROPIC_API_KEY',
  })
  t.notMatch(seen.stdout, key)
})

t.test('server: it refuses the token before its end', async t => {
  const box = await healthy(t)
  box.authority.revokeAccess(loginOf(box).accessToken)
  await findsFault(t, box, 'server', { fixable: true, isNews: true })
})

t.test('server: silent', async t => {
  const box = await healthy(t)
  box.authority.fail('profile', faults.drop(), 100)
  const found = await findsFault(t, box, 'server', { fixable: false })
  t.match(found, { state: 'warn', message: /gave no answer/ })
})

t.test('offline: the server is not asked', async t => {
  const box = await healthy(t)
  const before = box.authority.requests.length
  const seen = await doctor(box, ['--offline'])
  t.same(seen.faults, [])
  t.match(seen.check('server').message, /not asked \(--offline\); it accepted the login just now/)
  t.equal(box.authority.requests.length, before)
})

t.test('token: it has ended, and can be renewed', async t => {
  const box = await healthy(t)
  expire(box)
  const found = await findsFault(t, box, 'token', { fixable: true })
  t.match(found.message, /expired 2 h(?: \d min)? ago; the next launch renews it/)
  t.equal(box.authority.counts().reuses, 0)
})

t.test('token: it has ended, and the server is silent', async t => {
  const box = await healthy(t)
  expire(box)
  box.authority.fail('profile', faults.drop(), 100)
  const seen = await doctor(box)
  t.match(seen, { verdict: 'no-answer', code: 5, faults: ['server'] })
})

t.test('identity: the login of somebody else', async t => {
  const box = await healthy(t)
  box.writeConfig({
    version: 1,
    endpoints: { oauth: box.authority.url, api: box.authority.url },
    identity: { email: 'bob@example.com' },
  })
  const found = await findsFault(t, box, 'identity', { fixable: false })
  t.match(found.message, 'This is the login of alice@example.com. Expected here: bob@example.com.')
  t.equal((await doctor(box)).code, 3)
})

t.test('identity: the right e-mail in another organization; it is never stored', async t => {
  const box = await healthy(t)
  const organizationUuid = '0a900000-0000-4000-8000-00000000000f'
  const user = { ...box.user, organizationUuid, organizationName: 'Elsewhere' }
  const { email, organizationUuid: wanted } = box.user
  box.writeConfig({
    version: 1,
    endpoints: { oauth: box.authority.url, api: box.authority.url },
    identity: { email, organizationUuid: wanted },
  })
  await box.ensure()
  box.writeLogin(box.authority.signIn({ user }))
  const found = await findsFault(t, box, 'identity', { fixable: false, isNews: true })
  const organization = 'This is the login of organization Elsewhere.'
  t.equal(found.message, `${organization} It is not the one that is expected here.`)
  t.match((await doctor(box)).check('backup'), { state: 'note', hint: null, fixable: false })
})

t.test('login-end: near', async t => {
  const box = await healthy(t)
  box.writeLogin(box.authority.signIn({ user: box.user, loginLifeMs: 50 * hourMs }))
  await box.ensure()
  const found = await findsFault(t, box, 'login-end', { fixable: false })
  t.match(found, { state: 'warn', message: /ends in [23] days/, hint: 'claude-auth login' })
})

t.test('login-end: it has come', async t => {
  const box = await healthy(t)
  box.authority.endFamily(loginOf(box).accessToken)
  expire(box)
  box.writeLogin({ ...loginOf(box), refreshTokenExpiresAt: Date.now() - 1000 })
  await box.ensure()
  const seen = await doctor(box)
  t.match(seen, { verdict: 'sign-in', code: 3, faults: ['login-end'] })
})

t.test('renewal: the server has ended the sign-in', async t => {
  const box = await healthy(t)
  box.authority.endFamily(loginOf(box).accessToken)
  expire(box)
  await box.ensure()
  const seen = await doctor(box)
  t.match(seen, { verdict: 'sign-in', code: 3, faults: ['renewal'] })
  t.match(seen.check('renewal').message, 'no longer accepts the sign-in')
})

t.test('renewal: the last ones got no answer', async t => {
  const box = await healthy(t)
  expire(box)
  box.authority.fail('token', faults.answer(503), 1)
  await box.ensure()
  await findsFault(t, box, 'renewal', { fixable: true })
})

t.test('answer: a killed run left it behind', async t => {
  const box = await healthy(t)
  const { refreshToken, scopes } = loginOf(box)
  const { answer } = box.home.paths
  const header = { parentHash: tokenHash(refreshToken ?? ''), sentAtMs: Date.now(), sealed: false }
  beginAnswer(answer, header, 'n')
  const outcome = await requestRefresh(network, box.authority.url, refreshToken ?? '', scopes)
  if (outcome.kind !== 'reply') throw new Error(outcome.kind)
  await saveAnswer(answer, outcome, plainSealer, { header, nonce: 'n' })
  await findsFault(t, box, 'answer', { fixable: true })
  t.equal(box.authority.counts().reuses, 0)
})

t.test('scope: the last renewal granted less', async t => {
  const box = await healthy(t)
  expire(box)
  box.authority.fail('token', faults.changed({ scope: 'user:inference' }))
  await box.ensure()
  await findsFault(t, box, 'scope', { fixable: false })
})

t.test('custody: sole, and a refresh token stands in the file', async t => {
  const box = await healthy(t, { config: { custody: 'sole' } })
  box.writeLogin(box.signIn())
  const seen = await doctor(box)
  t.same(seen.faults, ['custody', 'renewers'])
  t.equal(seen.check('custody').fixable, true)
  const mended = await doctor(box, ['--fix', '--yes'])
  t.same(mended.faults, ['renewers'])
  t.equal(loginOf(box).refreshToken, null)
})

t.test('custody: sole, and a copy of the file holds a refresh token', async t => {
  const box = await healthy(t, { config: { custody: 'sole' } })
  const copy = `${box.home.paths.loginFile}.bak`
  writeFileSync(copy, JSON.stringify({ claudeAiOauth: box.signIn() }), { mode: 0o600 })
  const seen = await doctor(box, ['--only', 'custody'])
  t.same(seen.faults, ['custody'])
  t.equal(seen.check('custody').hint, `rm ${copy}`)
})

t.test('onboarding: the client’s first steps are not marked as done', async t => {
  const box = await healthy(t)
  const path = box.home.paths.clientConfig
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('"hasCompletedOnboarding": true', '"numStartups": 7'))
  await findsFault(t, box, 'onboarding', { fixable: true })
  const config = JSON.parse(readFileSync(path, 'utf8'))
  t.match(config, { hasCompletedOnboarding: true, numStartups: 7, oauthAccount: {} })
})

t.test('clock: hours behind the server’s', async t => {
  const box = await healthy(t)
  box.authority.fail('profile', faults.clock(2 * hourMs), 100)
  const found = await findsFault(t, box, 'clock', { fixable: false })
  t.match(found.message, 'The clock here is 2 h behind the server')
})

t.test('config: a wrong one is all that is told, with exit code 2', async t => {
  const box = await healthy(t)
  box.writeConfig({ version: 1, custodi: 'sole', mode: 'of' })
  const seen = await doctor(box)
  t.match(seen, { verdict: 'broken', code: 2, faults: ['config'] })
  t.match(seen.check('config').message, /\(and 1 more\)$/)
})

t.test('mode: switched off is a note', async t => {
  const box = await healthy(t, {})
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  box.writeConfig({ version: 1, endpoints, mode: 'off' })
  const seen = await doctor(box)
  t.match(seen, { code: 0, faults: [] })
  t.match(seen.check('mode').message, /switched off by the configuration/)
})
