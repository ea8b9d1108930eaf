// The stored document: what we write is read again, and what sites have from before is understood.

import t from 'tap'
import { parseLogin, tokenHash } from '../../src/login/login.js'
import { fromDocument, type StoredLogin, toDocument } from '../../src/store/document.js'

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

t.test('a log-out leaves the pedigree and takes the tokens', async t => {
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
