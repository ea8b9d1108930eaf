// A login as the client stores it: judged field by field, and written back with what we don't know kept.

import t from 'tap'
import {
  fingerprint,
  type Login,
  loginObject,
  parseLogin,
  tokenHash,
  withoutRefreshToken,
} from '../../src/login/login.js'

const atMs = 1_800_000_000_000
const good = { accessToken: 'a', refreshToken: 'r', expiresAt: atMs, scopes: ['s'] }

function parsed(fields: object): Login {
  const found = parseLogin(fields)
  if (found.kind !== 'login') throw new Error(found.kind)
  return found.login
}

t.test('a field of a wrong type is an unknown field', async t => {
  const times: [unknown, number | null][] = [
    [atMs, atMs],
    [atMs + 0.9, atMs],
    [atMs / 1000, null],
    [0, null],
    [-1, null],
    [9e15, null],
    [Number.NaN, null],
    [String(atMs), null],
    [null, null],
    [undefined, null],
    [{}, null],
  ]
  for (const [value, expected] of times) {
    // Too far away for a date is too far away, not unknown to the client.
    const end = value === 9e15 ? Date.UTC(2100, 0) - 1 : expected
    t.equal(parsed({ ...good, expiresAt: value }).expiresAtMs, end, String(value))
    t.equal(
      parsed({ ...good, refreshTokenExpiresAt: value }).loginEndsAtMs,
      expected,
      String(value),
    )
  }
  for (const scopes of [[], 'a b', [1], [''], null, undefined, Array(101).fill('x')])
    t.equal(parsed({ ...good, scopes }).scopes, null)
})

t.test('no refresh token in every spelling', async t => {
  for (const refreshToken of [null, undefined, ''])
    t.equal(parsed({ ...good, refreshToken }).refreshToken, null)
})

t.test('a token of a wrong form makes the login unreadable, not blank', async t => {
  const forms = [1, {}, 'a b', 'a\n', 'ü', '\u0000', 'x'.repeat(16_385)]
  for (const form of forms) {
    t.equal(parseLogin({ ...good, accessToken: form }).kind, 'unreadable')
    t.equal(parseLogin({ ...good, refreshToken: form }).kind, 'unreadable')
  }
  t.equal(parseLogin({ ...good, accessToken: 'x'.repeat(16_384) }).kind, 'login')
  for (const value of [null, 1, 'x', [], undefined]) t.equal(parseLogin(value).kind, 'unreadable')
})

t.test('a blank keeps what the client said about the end', async t => {
  const blank = { ...good, accessToken: '', refreshToken: '', expiresAt: 0 }
  t.same(parseLogin(blank), { kind: 'blank', loginEnded: null })
  t.same(parseLogin({ ...blank, loginEnded: 'time_limit' }), {
    kind: 'blank',
    loginEnded: 'time_limit',
  })
  t.same(
    parseLogin({ ...good, accessToken: '' }),
    { kind: 'blank', loginEnded: null },
    'even with a refresh token',
  )
})

t.test('written back, unknown fields stay and the client’s word on the end goes', async t => {
  const login = parsed({ ...good, theirs: { x: 1 }, rateLimitTier: 't', loginEnded: 'time_limit' })
  t.same(loginObject({ ...login, accessToken: 'b', loginEndsAtMs: atMs }), {
    accessToken: 'b',
    refreshToken: 'r',
    expiresAt: atMs,
    scopes: ['s'],
    theirs: { x: 1 },
    rateLimitTier: 't',
    refreshTokenExpiresAt: atMs,
  })
  const sole = loginObject(withoutRefreshToken(login))
  t.equal(sole['refreshToken'], null)
  t.equal(sole['expiresAt'], atMs, 'with its true end')
})

t.test('a fingerprint is the beginning of the hash', async t => {
  t.equal(tokenHash('a'), 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb')
  t.equal(fingerprint(tokenHash('a')), 'ca978112')
})
