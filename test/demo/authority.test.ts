// The stand-in authority is as strict as the real one is known to be.

import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { startAuthority } from '../../src/demo/authority.js'
import { clientId } from '../../src/demo/endpoints.js'
import { faults } from '../../src/demo/faults.js'
import { fingerprint, type User } from '../../src/demo/grants.js'

const user: User = {
  email: 'alice@example.com',
  accountUuid: '11111111-1111-4111-8111-111111111111',
  organizationUuid: '22222222-2222-4222-8222-222222222222',
  organizationName: 'Example',
  subscriptionType: 'enterprise',
}

/** An authority with a clock that the test moves, and a caller that speaks to it as the client does. */
async function start(test: Test) {
  const clock = { nowMs: Date.UTC(2026, 0, 1) }
  const authority = await startAuthority({ now: () => clock.nowMs, random: randomBytes })
  test.teardown(authority.close)
  const post = (path: string, body: unknown, type = 'application/json') =>
    fetch(authority.url + path, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const refresh = async (token: string | null, more: Record<string, unknown> = {}) => {
    const fields = { grant_type: 'refresh_token', refresh_token: token, client_id: clientId }
    const response = await post('/v1/oauth/token', { ...fields, ...more })
    const reply = (await response.json()) as Record<string, string>
    return { status: response.status, reply, response }
  }
  const profile = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${authority.url}/api/oauth/profile`, { headers })
    return { status: response.status, body: await response.json() }
  }
  return { authority, clock, post, refresh, profile }
}

t.test('a refresh rotates both tokens and says whose they are', async t => {
  const { authority, refresh, profile } = await start(t)
  const login = authority.signIn({ user })
  const { status, reply } = await refresh(login.refreshToken)
  t.equal(status, 200)
  t.match(reply, {
    expires_in: 28_800,
    refresh_token_expires_in: 30 * 24 * 3600,
    scope: login.scopes.join(' '),
    account: { uuid: user.accountUuid, email_address: user.email },
    organization: { uuid: user.organizationUuid },
  })
  t.not(reply['refresh_token'], login.refreshToken)
  t.match(await profile(reply['access_token'] ?? ''), {
    status: 200,
    body: { account: { email: user.email }, organization: { uuid: user.organizationUuid } },
  })
  t.same(authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
})

t.test('a spent refresh token ends its whole family', async t => {
  const { authority, refresh, profile } = await start(t)
  const login = authority.signIn({ user })
  const other = authority.signIn({ user })
  const { reply } = await refresh(login.refreshToken)
  const again = await refresh(login.refreshToken)
  t.equal(again.status, 400)
  t.equal(again.reply['error'], 'invalid_grant')
  t.equal((await refresh(reply['refresh_token'] ?? '')).reply['error'], 'invalid_grant')
  t.equal((await profile(reply['access_token'] ?? '')).status, 401)
  t.equal((await profile(other.accessToken)).status, 200, 'another sign-in lives on')
  t.equal(authority.counts().reuses, 1)
})

t.test('a request that is not the client’s is refused and spends nothing', async t => {
  const { authority, post, refresh } = await start(t)
  const { refreshToken } = authority.signIn({ user, scopes: ['user:profile', 'user:inference'] })
  const form = await post(
    '/v1/oauth/token',
    `grant_type=refresh_token&refresh_token=${refreshToken}`,
    'application/x-www-form-urlencoded',
  )
  t.equal(form.status, 403)
  t.match(await form.text(), /<!doctype html>/)
  const wrong = [
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ client_id: 'someone-else' }, 'invalid_client'],
    [{ refresh_token: 7 }, 'invalid_request'],
    [{ refresh_token: 'made-up' }, 'invalid_grant'],
    [{ scope: 'user:profile user:plugins' }, 'invalid_scope'],
  ] as const
  for (const [change, error] of wrong) {
    const { status, reply } = await refresh(refreshToken, change)
    t.same([status, reply['error']], [400, error])
  }
  const narrower = await refresh(refreshToken, { scope: 'user:inference' })
  t.equal(narrower.reply['scope'], 'user:inference')
})

t.test('access ends by time, by revocation and with the login', async t => {
  const { authority, clock, post, profile, refresh } = await start(t)
  const login = authority.signIn({ user, lifeMs: 1000, loginLifeMs: 5000 })
  clock.nowMs += 999
  t.equal((await profile(login.accessToken)).status, 200)
  clock.nowMs += 1
  t.equal((await profile(login.accessToken)).status, 401)
  clock.nowMs += 4000
  t.equal((await refresh(login.refreshToken)).reply['error'], 'invalid_grant')

  const revoked = authority.signIn({ user })
  authority.revokeAccess(revoked.accessToken)
  t.match(await profile(revoked.accessToken), {
    status: 401,
    body: { error: { type: 'authentication_error' } },
  })
  t.equal((await refresh(revoked.refreshToken)).status, 200, 'its refresh token still counts')

  const loggedOut = authority.signIn({ user })
  await post('/v1/oauth/token/revoke', { token: loggedOut.refreshToken, client_id: clientId })
  t.equal(authority.accepts(loggedOut.accessToken), null)
})

t.test('requests are logged with fingerprints only', async t => {
  const { authority, clock, refresh } = await start(t)
  const { refreshToken } = authority.signIn({ user })
  await refresh(refreshToken)
  await fetch(`${authority.url}/nowhere?x=1`)
  t.match(authority.requests, [
    { endpoint: 'token', status: 200, tokens: [fingerprint(refreshToken ?? '')] },
    { endpoint: null, path: '/nowhere', status: 404, tokens: [], atMs: clock.nowMs },
  ])
  const log = JSON.stringify(authority.requests)
  t.notOk(authority.secrets().some(secret => log.includes(secret)))
})

t.test('Slack’s stand-in keeps what it accepted', async t => {
  const { authority, post } = await start(t)
  t.equal(await (await post('/services/T/B/x', { text: 'hello' })).text(), 'ok')
  t.equal(await (await post('/services/T/B/x', {})).text(), 'no_text')
  t.same(authority.slackMessages, [{ text: 'hello' }])
})

t.test('a fault is met once, and its effect on the grant is as it says', async t => {
  const cases = [
    ['drop', faults.drop(), 0],
    ['lost', faults.lost(), 1],
    ['cut', faults.cut(), 1],
    ['blockPage', faults.blockPage(), 0],
    ['without', faults.without('refresh_token'), 1],
  ] as const
  for (const [name, fault, rotations] of cases) {
    await t.test(name, async t => {
      const { authority, refresh } = await start(t)
      authority.fail('token', fault)
      await refresh(authority.signIn({ user }).refreshToken).catch(() => {})
      t.equal(authority.counts().rotations, rotations)
      const { status } = await refresh(authority.signIn({ user }).refreshToken)
      t.equal(status, 200, 'the next request goes well')
    })
  }
})

t.test('a changed, huge or dripping answer, and the server’s clock', async t => {
  const { authority, clock, refresh } = await start(t)
  const next = () => refresh(authority.signIn({ user }).refreshToken)
  authority.fail('token', faults.changed({ expires_in: 'soon' }))
  t.equal((await next()).reply['expires_in'], 'soon')
  authority.fail('token', faults.huge())
  t.equal((await next()).reply['padding']?.length, 1024 * 1024)
  authority.fail('token', faults.drip(0))
  t.equal((await next()).status, 200)
  authority.fail('token', faults.clock(3_600_000))
  const date = (await next()).response.headers.get('date')
  t.equal(Date.parse(date ?? ''), clock.nowMs + 3_600_000)
})
