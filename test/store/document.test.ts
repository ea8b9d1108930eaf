// The stored document, key by key.

import t from 'tap'
import { parseLogin, tokenHash } from '../../src/login/login.js'
import {
  type AlertClaim,
  alertClaimKeys,
  alertClaimOf,
  fromDocument,
  heartbeatKeys,
  hostsOf,
  type Intent,
  intentOf,
  isHeartbeatDue,
  othersSeenAtMs,
  type StoredLogin,
  toDocument,
} from '../../src/store/document.js'

const atMs = 1_800_000_000_000
const fields = { accessToken: 'a', refreshToken: 'r', expiresAt: atMs, scopes: ['s'], theirs: 1 }
const parsed = parseLogin(fields)
const login = parsed.kind === 'login' ? parsed.login : null
const stored: StoredLogin = {
  login,
  lineage: { id: 'x', generation: 3, chain: [tokenHash('r')], signedInAtMs: 5 },
  identity: { email: 'a@b.c', accountUuid: 'u', organizationUuid: null },
  loginEndsAtMs: atMs + 1,
  backedUpAtMs: atMs - 1,
  signedOutAtMs: null,
  source: 'alice@box expired',
  writeId: 'w',
  intent: null,
  setupToken: null,
  hosts: {},
}

t.test('a document is read as it was written', async t => {
  const document = toDocument(stored)
  t.same(Object.keys(document).slice(0, 3), [
    'claude_ai_oauth_json',
    'credential_expires_at_ms',
    'backed_up_at',
  ])
  t.same(fromDocument(JSON.parse(JSON.stringify(document))), stored)
})

t.test('a log-out leaves the lineage and takes the tokens', async t => {
  const out = { ...stored, login: null, signedOutAtMs: atMs }
  const document = toDocument(out)
  t.notMatch(JSON.stringify(document), '"r"')
  t.same(fromDocument(document), out)
})

t.test('a time that no date can be is none, and what was read can be written again', async t => {
  const text = JSON.stringify(fields)
  for (const backed_up_at of [1e308, -1e308, 8_640_000_000_000_001, 'soon', {}, '']) {
    const found = fromDocument({ claude_ai_oauth_json: text, backed_up_at })
    t.match(found, { backedUpAtMs: null, login: { accessToken: 'a' } })
    t.equal(toDocument(found as StoredLogin)['backed_up_at'], null)
  }
})

t.test('a document from before has only the login', async t => {
  const text = JSON.stringify(fields)
  for (const backed_up_at of ['2027-01-15T08:00:00.000Z', atMs])
    t.match(fromDocument({ claude_ai_oauth_json: text, backed_up_at, setup_token: 'x' }), {
      login: { accessToken: 'a', refreshToken: 'r', expiresAtMs: atMs },
      lineage: null,
      identity: null,
      loginEndsAtMs: null,
      backedUpAtMs: atMs,
      source: '',
    })
})

t.test('without a usable login there is none', async t => {
  const texts = [
    '',
    '{',
    '[]',
    '"x"',
    JSON.stringify({ ...fields, accessToken: '' }),
    7,
    null,
    fields,
  ]
  for (const claude_ai_oauth_json of texts) t.equal(fromDocument({ claude_ai_oauth_json }), null)
  t.equal(fromDocument({}), null)
})

t.test('members of a wrong kind are unknown', async t => {
  const document = {
    ...toDocument(stored),
    claude_auth_lineage: 7,
    claude_auth_identity: 'a@b.c',
    claude_auth_login_ends_at_ms: 'soon',
    backed_up_at: 'yesterday',
    claude_auth_source: null,
  }
  t.match(fromDocument(document), {
    lineage: null,
    identity: null,
    loginEndsAtMs: null,
    backedUpAtMs: null,
    source: '',
  })
  const chain = [tokenHash('r'), 'short', 7, null]
  t.same(fromDocument({ ...toDocument(stored), claude_auth_chain: chain })?.lineage?.chain, [
    tokenHash('r'),
  ])
})

t.test(
  'a login that another tool has put there is not taken for the one our keys are about',
  async t => {
    const other = JSON.stringify({ ...fields, accessToken: 'b', refreshToken: 'q' })
    const read = fromDocument({ ...toDocument(stored), claude_ai_oauth_json: other })
    t.match(read, {
      login: { accessToken: 'b' },
      lineage: null,
      identity: null,
      loginEndsAtMs: null,
    })
  },
)

const mark = { id: 'a', by: 'alice@one', atMs: 5 }
const claim: AlertClaim = {
  signIn: { ...mark, about: 'ab'.repeat(32), over: { ...mark, id: 'b' } },
  warned: { id: 'c', by: '', endsAtMs: 7, withinMs: 3 },
  steady: mark,
}

t.test('a claim is read as it was written', async t => {
  const keys = alertClaimKeys(claim, 'w')
  t.same(alertClaimOf(JSON.parse(JSON.stringify(keys))), claim)
  t.equal(keys['claude_auth_write_id'], 'w')
})

t.test('what is damaged claims nothing', async t => {
  for (const value of [null, 7, 'x', [], {}, { signIn: 'x', warned: [], steady: { id: 'a' } }])
    t.equal(alertClaimOf({ claude_auth_alert: value }), null)
  const half = { ...claim, signIn: { ...claim.signIn, over: 'x', about: 7 }, warned: { id: 'c' } }
  t.same(alertClaimOf({ claude_auth_alert: half }), {
    ...claim,
    signIn: { ...claim.signIn, over: null, about: null },
    warned: null,
  })
})

t.test('a login that is written leaves the claim alone', async t => {
  const stored = fromDocument(alertClaimKeys(claim, 'w'))
  t.match(stored, { login: null, alert: claim })
  if (stored) t.notOk('claude_auth_alert' in toDocument(stored))
})

const intent: Intent = { id: 'x', by: 'alice@box', parent: 'ab'.repeat(32), ended: null }

t.test('an intent is read as it was written', async t => {
  for (const ended of [null, 'refused', 'maybe-spent'] as const)
    t.same(intentOf(JSON.parse(JSON.stringify({ ...intent, ended }))), { ...intent, ended })
})

t.test('an outcome that we do not know is none yet', async t => {
  t.same(intentOf({ ...intent, ended: 'rotated' }), intent)
})

t.test('what names no token is no intent', async t => {
  for (const odd of [
    null,
    'x',
    {},
    { id: 'x' },
    { ...intent, parent: 'short' },
    { ...intent, id: 5 },
  ])
    t.equal(intentOf(odd), null)
})

const nowMs = 1_800_000_000_000
const dayMs = 86_400_000
const one = { host: 'one', heartbeat: 'a1' }

t.test('a host puts itself beside the others, and once only', async t => {
  const keys = heartbeatKeys({ b: { host: 'two', seenAtMs: nowMs - dayMs } }, 'a', one, nowMs)
  const hosts = hostsOf(JSON.parse(JSON.stringify(keys))['claude_auth_hosts'])
  t.same(hosts, {
    b: { host: 'two', seenAtMs: nowMs - dayMs },
    a: { ...one, seenAtMs: nowMs },
  })
  t.notOk(isHeartbeatDue(hosts, 'a', nowMs + dayMs / 2))
  t.ok(isHeartbeatDue(hosts, 'a', nowMs + dayMs), 'seen lately means within a day')
  t.ok(isHeartbeatDue(hosts, 'c', nowMs))
})

t.test('others are those that were seen within weeks', async t => {
  const hosts = {
    a: { host: 'one', seenAtMs: nowMs },
    b: { host: 'two', seenAtMs: nowMs - 3 * dayMs },
    c: { host: 'old', seenAtMs: nowMs - 90 * dayMs },
  }
  t.equal(othersSeenAtMs(hosts, 'a', nowMs), nowMs - 3 * dayMs)
  t.equal(othersSeenAtMs({ a: hosts.a, c: hosts.c }, 'a', nowMs), null)
  t.notMatch(JSON.stringify(heartbeatKeys(hosts, 'd', one, nowMs)), '"c"')
})

t.test('what somebody else left under that key harms nobody', async t => {
  for (const odd of [null, 'x', 7, [], { a: null, b: { host: 'h' }, c: { seenAtMs: 'x' } }])
    t.same(hostsOf(odd), {})
})

t.test('what stands under a name that we had is another host as long as it is young', async t => {
  const at = (ageMs: number) => ({ x: { host: 'one', seenAtMs: nowMs - ageMs } })
  t.equal(othersSeenAtMs(at(dayMs), 'y', nowMs, ['x']), nowMs - dayMs, 'it may be alive')
  t.equal(othersSeenAtMs(at(5 * dayMs), 'y', nowMs, ['x']), null, 'nobody has refreshed it')
  t.equal(othersSeenAtMs(at(5 * dayMs), 'y', nowMs, ['z']), nowMs - 5 * dayMs)
})

t.test('copies that lived for a day do not fill the document', async t => {
  const many = Array.from({ length: 200 }, (_, at) => [
    `job${at}`,
    { host: 'ci', seenAtMs: nowMs - at },
  ])
  const keys = heartbeatKeys(Object.fromEntries(many), 'a', one, nowMs)
  const hosts = hostsOf(JSON.parse(JSON.stringify(keys))['claude_auth_hosts'])
  t.equal(Object.keys(hosts).length, 50)
  t.ok(hosts['a'] && hosts['job0'] && !hosts['job199'], 'the latest stay')
})
