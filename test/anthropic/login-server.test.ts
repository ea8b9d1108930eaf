// The login server: what is asked of it, and what each answer, however odd, comes to.

import { randomBytes } from 'node:crypto'
import t from 'tap'
import {
  identityOf,
  readTokenReply,
  requestRefresh,
  revoke,
  verify,
} from '../../src/anthropic/login-server.js'
import { startAuthority } from '../../src/demo/authority.js'
import { type Fault, faults } from '../../src/demo/faults.js'
import { directNetwork } from '../kit/direct-network.js'

const network = directNetwork()
const user = {
  email: 'Alice@Example.com',
  accountUuid: 'account',
  organizationUuid: 'organization',
  organizationName: 'Example',
  subscriptionType: 'enterprise' as const,
}
const page = '<!doctype html><title>Just a moment...</title>'
const nothing = {
  accessToken: null,
  refreshToken: null,
  expiresInSeconds: null,
  loginEndsInSeconds: null,
  scopes: null,
  identity: null,
}

function read(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return readTokenReply({ status, body: Buffer.from(text), retryAfterMs: null })
}

t.test('only 400 with invalid_grant says that the token is dead', async t => {
  const refusal = { error: 'invalid_grant', error_description: 'not found' }
  t.same(read(400, refusal), { kind: 'refused' })
  const cases: [number, unknown, string][] = [
    [401, refusal, 'HTTP 401 invalid_grant'],
    [403, refusal, 'HTTP 403 invalid_grant'],
    [500, refusal, 'HTTP 500 invalid_grant'],
    [400, { error: 'invalid_scope' }, 'HTTP 400 invalid_scope'],
    [400, { error: { type: 'invalid_grant' } }, 'HTTP 400'],
    [400, { error: 'Invalid_Grant' }, 'HTTP 400'],
    [400, [refusal], 'HTTP 400'],
    [400, page, 'HTTP 400'],
    [400, '', 'HTTP 400'],
    [403, page, 'HTTP 403'],
    [429, {}, 'HTTP 429'],
    [503, '', 'HTTP 503'],
    [307, '', 'HTTP 307'],
    [204, '', 'HTTP 204'],
    [200, page, 'HTTP 200 with a web page'],
    [200, `\n ${page}`, 'HTTP 200 with a web page'],
  ]
  for (const [status, body, what] of cases)
    t.same(read(status, body), { kind: 'answered-otherwise', what, retryAfterMs: null }, what)
})

t.test('a 200 that grants a token counts, however odd the rest', async t => {
  const cases: [string, object | string, object][] = [
    ['nothing but a refresh token', { refresh_token: 'r' }, { refreshToken: 'r' }],
    ['nothing but an access token', { access_token: 'a' }, { accessToken: 'a' }],
    ['an empty access token', { refresh_token: 'r', access_token: '' }, { refreshToken: 'r' }],
    ['no time as a word', { refresh_token: 'r', expires_in: 'soon' }, { refreshToken: 'r' }],
    ['no time below zero', { refresh_token: 'r', expires_in: -1 }, { refreshToken: 'r' }],
    ['no time without end', { refresh_token: 'r', expires_in: 1e300 }, { refreshToken: 'r' }],
    [
      'a time with a fraction',
      { refresh_token: 'r', expires_in: 9.9 },
      { refreshToken: 'r', expiresInSeconds: 9 },
    ],
    [
      'the login’s end',
      { refresh_token: 'r', refresh_token_expires_in: 60 },
      { refreshToken: 'r', loginEndsInSeconds: 60 },
    ],
    ['scopes', { refresh_token: 'r', scope: ' a  b ' }, { refreshToken: 'r', scopes: ['a', 'b'] }],
    ['no scopes as a list', { refresh_token: 'r', scope: ['a'] }, { refreshToken: 'r' }],
    ['no scopes', { refresh_token: 'r', scope: '' }, { refreshToken: 'r' }],
    ['no account as a word', { refresh_token: 'r', account: 'me' }, { refreshToken: 'r' }],
    ['behind a byte order mark', '\uFEFF{"refresh_token":"r"}', { refreshToken: 'r' }],
    [
      'a list of 9000 levels beside it',
      `{"refresh_token":"r","x":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
      { refreshToken: 'r' },
    ],
    ['an error beside it', { refresh_token: 'r', error: 'invalid_grant' }, { refreshToken: 'r' }],
  ]
  for (const [name, body, expected] of cases)
    t.same(read(200, body), { kind: 'rotated', grant: { ...nothing, ...expected } }, name)
})

t.test(
  'an access token beside a refresh token of an unusable kind: the posted one is in doubt',
  async t => {
    const grantOf = (refresh_token: unknown) => {
      const answer = read(200, {
        access_token: 'a',
        ...(refresh_token === undefined ? {} : { refresh_token }),
      })
      return answer.kind === 'rotated' ? answer.grant : null
    }
    for (const odd of [
      12_345,
      true,
      false,
      0,
      [],
      {},
      ['r'],
      'with space',
      'new\nline',
      'x'.repeat(16_385),
    ])
      t.match(grantOf(odd), { accessToken: 'a', refreshToken: null, isSuccessorUnusable: true })
    for (const none of [undefined, null, '']) {
      t.match(grantOf(none), { accessToken: 'a', refreshToken: null })
      t.notOk(grantOf(none)?.isSuccessorUnusable, 'RFC 6749: the posted one stays good')
    }
  },
)

t.test('a 200 without a usable token may have spent the old one', async t => {
  const bodies = ['', 'ok', '{', '{"access_', 'null', [], {}, { access_token: 1 }]
  const tokens = ['with space', 'new\nline', 'ümlaut', 'x'.repeat(16_385)]
  for (const body of [...bodies, ...tokens.map(token => ({ refresh_token: token }))])
    t.match(read(200, body), { kind: 'maybe-spent' }, JSON.stringify(body).slice(0, 40))
})

t.test('nothing of an answer is quoted but a word of the standard', async t => {
  const secret = 'sk-ant-ort01-secret'
  for (const status of [200, 400, 500])
    for (const body of [secret, { error: secret }, { error_description: secret, error: 'x' }])
      t.notMatch(JSON.stringify(read(status, body)), 'secret')
})

t.test('who it is: an account by any of its names', async t => {
  const organization = { uuid: 'o' }
  const of = (account: unknown) => identityOf(account, organization)
  const known = { email: 'a@b.c', accountUuid: null, organizationUuid: 'o' }
  t.same(of({ email_address: 'A@B.c' }), known)
  t.same(of({ email: 'A@b.C' }), known)
  t.same(of({ uuid: 'u' }), { ...known, email: null, accountUuid: 'u' })
  for (const account of [
    null,
    undefined,
    'a@b.c',
    {},
    { email: '' },
    { email: 1 },
    { uuid: 'x'.repeat(321) },
  ])
    t.equal(of(account), null, JSON.stringify(account))
  t.same(identityOf({ uuid: 'u' }, 'o'), { email: null, accountUuid: 'u', organizationUuid: null })
})

t.test('the request is the client’s own', async t => {
  const authority = await startAuthority({ now: Date.now, random: randomBytes })
  t.teardown(authority.close)
  const login = authority.signIn({ user })
  const outcome = await requestRefresh(network, authority.url, login.refreshToken ?? '', null)
  t.match(outcome, { kind: 'reply', status: 200 })
  if (outcome.kind !== 'reply') return
  t.match(readTokenReply(outcome), {
    kind: 'rotated',
    grant: {
      accessToken: /^sk-ant-oat01-/,
      refreshToken: /^sk-ant-ort01-/,
      expiresInSeconds: 28_800,
      scopes: [
        'user:profile',
        'user:inference',
        'user:sessions:claude_code',
        'user:mcp_servers',
        'user:file_upload',
      ],
      identity: {
        email: 'alice@example.com',
        accountUuid: 'account',
        organizationUuid: 'organization',
      },
    },
  })
})

t.test('a token is ended at the server; a failure is told, not thrown', async t => {
  const authority = await startAuthority({ now: Date.now, random: randomBytes })
  t.teardown(authority.close)
  const login = authority.signIn({ user })
  authority.fail('revoke', faults.answer(500))
  const end = () => revoke(network, authority.url, login.refreshToken ?? '', 'refresh_token', 1_000)
  t.equal(await end(), false)
  t.ok(authority.accepts(login.accessToken))
  t.equal(await end(), true)
  t.notOk(authority.accepts(login.accessToken))
  t.equal(await revoke(network, 'http://127.0.0.1:1', 'x', 'refresh_token', 500), false)
})

const nowMs = Date.UTC(2026, 0, 5, 9)

t.test('what the server says of a token', async t => {
  const authority = await startAuthority({ now: () => nowMs, random: randomBytes })
  t.teardown(authority.close)
  const { accessToken } = authority.signIn({ user })
  const ask = (token = accessToken) => verify(network, authority.url, token, 500)

  t.same(await ask(), {
    kind: 'accepted',
    identity: {
      email: user.email.toLowerCase(),
      accountUuid: 'account',
      organizationUuid: 'organization',
    },
    organization: 'Example',
    serverNowMs: nowMs,
  })
  t.match(await ask('sk-ant-oat01-unknown'), { kind: 'refused' })

  const noAnswers: [string, Fault, string][] = [
    ['a block page', faults.blockPage(), 'HTTP 403'],
    ['a page instead', faults.answer(200, '<html>'), 'HTTP 200'],
    ['nobody', faults.answer(200, { account: {} }), 'HTTP 200'],
    ['a list', faults.answer(200, []), 'HTTP 200'],
    ['too often', faults.retryAfter(60), 'HTTP 429'],
    ['its own trouble', faults.answer(503), 'HTTP 503'],
    ['not found', faults.answer(404), 'HTTP 404'],
    ['elsewhere', faults.redirect('/'), 'HTTP 307'],
    ['cut', faults.cut(), 'the connection ended in the middle of the reply'],
    ['dropped', faults.drop(), 'ECONNRESET'],
    ['silence', faults.hang(), 'no answer in time'],
  ]
  for (const [name, fault, what] of noAnswers) {
    authority.fail('profile', fault)
    t.match(await ask(), { kind: 'no-answer', what }, name)
  }
})

t.test('a name as long as a book is cut', async t => {
  const authority = await startAuthority({ now: () => nowMs, random: randomBytes })
  t.teardown(authority.close)
  const organizationName = 'x'.repeat(5_000)
  const { accessToken } = authority.signIn({ user: { ...user, organizationName } })
  t.match(await verify(network, authority.url, accessToken, 500), { organization: /^x{100}$/ })
})
