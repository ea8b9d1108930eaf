// Valid samples of everything that is read: what the fuzzing begins with. No token in them was ever one.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const textsIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter(name => /\.(json|yaml)$/.test(name))
    .map(name => readFileSync(join(root, folder, name), 'utf8'))

export interface WrittenByClient {
  version: string
  /** `refreshed`: after its own refresh. `blanked`: after the server refused one. */
  state: 'refreshed' | 'blanked'
  text: string
}

/** Login files as real clients of several versions left them, beside the stand-in authority. */
export function corpus(): WrittenByClient[] {
  const folder = join(root, 'test/lab/corpus')
  return readdirSync(folder)
    .sort()
    .flatMap(name => {
      const [, version, state] = /^claude-([\d.]+)-(refreshed|blanked)\.json$/.exec(name) ?? []
      if (version === undefined) return []
      const text = readFileSync(join(folder, name), 'utf8')
      return [{ version, state: state as WrittenByClient['state'], text }]
    })
}

const login = {
  accessToken: 'sk-ant-oat01-made-up',
  refreshToken: 'sk-ant-ort01-made-up',
  expiresAt: 1_900_000_000_000,
  refreshTokenExpiresAt: 1_902_000_000_000,
  scopes: ['user:profile', 'user:inference'],
  subscriptionType: 'enterprise',
  rateLimitTier: 'default_claude_max_5x',
}

/** A field that no client writes, nested too deeply to be written again. */
export const deepLoginFile = `{"claudeAiOauth":${JSON.stringify(login).slice(0, -1)},"x":${'['.repeat(5000)}${']'.repeat(5000)}}}`

export const loginFiles = [
  ...corpus().map(({ text }) => text),
  JSON.stringify({ claudeAiOauth: login }),
  JSON.stringify(
    { mcpOAuth: { a: { n: 1 } }, claudeAiOauth: login, organizationUuid: 'x' },
    null,
    2,
  ),
  `// mine\n{ "a": 1.50, "claudeAiOauth": ${JSON.stringify(login)}, /* b */ "ü": "\\ud83d", }\n`,
  '{}',
]

export const configs = textsIn('test/config/inputs/good')

export const rosters = [
  JSON.stringify({
    users: {
      alice: {
        email: 'alice@example.com',
        organization_uuid: '0b1e6c0a-0000-4000-8000-00000000abcd',
        account_uuid: '0b1e6c0a-0000-4000-8000-00000000abce',
        claude_auth: true,
        parked: false,
        theirs: [1],
      },
      bob: null,
    },
    others: {},
  }),
  'users:\n  alice: {email: alice@example.com, claude_auth: true}\n  bob:\n# end\n',
  'a: &a {email: alice@example.com}\nusers:\n  alice: *a\n  carol:\n    <<: *a\n',
]

const hash = 'ab'.repeat(32)

/** The keys of a stored document, and some of others. */
export const document = {
  claude_ai_oauth_json: JSON.stringify(login),
  credential_expires_at_ms: login.expiresAt,
  backed_up_at: '2026-01-05T09:00:00.000Z',
  setup_token: 'sk-ant-oat01-made-up-too',
  claude_auth_lineage: 'x',
  claude_auth_generation: 3,
  claude_auth_chain: [hash],
  claude_auth_signed_in_at: 1_800_000_000_000,
  claude_auth_login_ends_at_ms: 1_902_000_000_000,
  claude_auth_write_id: 'w',
  claude_auth_source: 'alice@ws1 expired',
  claude_auth_signed_out: null,
  claude_auth_identity: { email: 'alice@example.com', accountUuid: 'u', organizationUuid: 'o' },
  claude_auth_intent: { id: 'i', by: 'alice@ws2', parent: hash, ended: null },
  claude_auth_hosts: { i1: { host: 'ws1', seenAtMs: 1_800_000_000_000 } },
  claude_auth_alert: { signIn: { id: 'c', by: 'alice@ws1', about: hash, atMs: 1, over: null } },
  theirs: { deep: [1, '2'] },
  note: 'of others',
}

export const documents = [
  JSON.stringify(document),
  JSON.stringify({ claude_ai_oauth_json: document.claude_ai_oauth_json, theirs: document.theirs }),
]

/** The same in a store's document. */
export const deepDocument = JSON.stringify({
  claude_ai_oauth_json: JSON.stringify(login).replace(
    /}$/,
    `,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  ),
})

export const replies = [
  JSON.stringify({
    token_type: 'Bearer',
    access_token: 'sk-ant-oat01-new',
    expires_in: 28_800,
    refresh_token: 'sk-ant-ort01-new',
    refresh_token_expires_in: 2_000_000,
    scope: 'user:profile user:inference',
    account: { uuid: 'u', email_address: 'alice@example.com' },
    organization: { uuid: 'o', name: 'Example' },
  }),
  JSON.stringify({ error: 'invalid_request', error_description: 'x' }),
  '<!doctype html><title>x</title>',
]
