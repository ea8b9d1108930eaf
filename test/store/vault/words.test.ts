// Every sentence about Vault, in the one line that a launch has for it: the cause is told in full, and what to type.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { noteLine } from '../../../src/engine/launch-words.js'
import type { StoreTrouble } from '../../../src/store/store.js'
import type { SessionMemory } from '../../../src/store/vault/auth.js'
import { readSecretFile } from '../../../src/store/vault/auth.js'
import type { VaultReply } from '../../../src/store/vault/client.js'
import { readReply, vaultDocument } from '../../../src/store/vault/document.js'
import {
  noPolicy,
  refusedByAnother,
  troubleOf,
  wrongVersion,
} from '../../../src/store/vault/failure.js'
import { claimsOf, jwtLogin, objection } from '../../../src/store/vault/jwt-auth.js'
import { judgeToken, ownToken } from '../../../src/store/vault/token-auth.js'
import { makeTrouble, type Trouble } from '../../../src/system/trouble.js'

const home = '/srv/homes/of.the.department/alice.of.the.long.name'
const file = `${home}/.config/claude-auth/vault-token`
const place = 'secret/data/workstation/claude-users/alice.of.the.long.name'
const at = 'https://vault.internal.example.com:8200'
const uid = process.geteuid?.() ?? -1
const nowMs = 1_800_000_000_000
const widest = 80

function reply(status: number, body: object | null): Extract<VaultReply, { kind: 'reply' }> {
  const errors = ((body as { errors?: string[] } | null)?.errors ?? []) as string[]
  const text = JSON.stringify(body)
  return {
    kind: 'reply',
    status,
    body: body as never,
    text,
    serverNowMs: null,
    retryAfterMs: null,
    errors,
  }
}
const failed = (status: number, ...errors: string[]) => reply(status, { errors })
const notSent = (what: string, tls = false): VaultReply => ({
  kind: 'not-sent',
  what: `${at}: ${what}`,
  tls,
})
const version = (data: object | null, more = {}) =>
  reply(data === null ? 404 : 200, {
    request_id: 'r',
    data: { data, metadata: { version: 1234, ...more } },
  })

/** All of the trouble that `found` is, or carries, may be lost but this. */
function tells(t: Test, found: StoreTrouble | Trouble | null | undefined, cause: string) {
  const trouble = found && 'trouble' in found ? found.trouble : found
  for (const say of ['own-trouble', 'attention'] as const) {
    const line = noteLine({ say, trouble: trouble ?? makeTrouble('') }, nowMs)
    t.ok(line.startsWith(`claude-auth: ${cause}`), line)
    t.ok(line.endsWith('. See: claude-auth ensure'), line)
    t.notMatch(line, /…/)
    t.ok(line.length <= widest, `${line.length}: ${line}`)
  }
}

t.test('what failed', async t => {
  const causes: [VaultReply, string][] = [
    [reply(503, null), 'Vault is not available'],
    [failed(503, 'sealed'), 'Vault is sealed'],
    [failed(429), 'Vault takes no more requests for now'],
    [failed(473), 'Vault is on standby'],
    [reply(307, null), 'Vault sends requests elsewhere'],
    [failed(500), 'Vault failed (500)'],
    [reply(403, null), 'Something that is not Vault refused this'],
    [reply(404, null), "The answer is not Vault's"],
    [failed(403, 'no'), 'The Vault token has no policy for this'],
    [failed(404, 'no handler'), 'Vault has no engine at this path'],
    [failed(404, 'namespace'), 'Vault has no such namespace'],
    [failed(405, 'no'), 'The engine in Vault is not KV version 2'],
    [failed(400, 'odd'), 'Vault refused the request'],
    [notSent('ECONNREFUSED'), "Vault can't be reached"],
    [notSent('ENOTFOUND'), 'The name of Vault is not found'],
    [notSent('no answer in time'), 'Vault did not answer in time'],
    [notSent('ERR_SSL_WRONG_VERSION_NUMBER'), 'No TLS is spoken at vault.address'],
    [notSent('CERT_HAS_EXPIRED', true), 'The certificate of Vault has expired'],
    [notSent('ERR_TLS_CERT_ALTNAME_INVALID', true), 'The certificate of Vault has another name'],
    [notSent('SELF_SIGNED_CERT_IN_CHAIN', true), 'The certificate of Vault is not trusted'],
    [notSent('not https'), 'vault.address may not be used'],
    [{ kind: 'cut', what: `${at}: ECONNRESET` }, 'Vault gave no whole answer'],
  ]
  for (const path of [place, 'auth/token/lookup-self'])
    for (const [each, cause] of causes) tells(t, troubleOf(each, path), cause)
  tells(t, noPolicy(place), 'The Vault token has no policy for this')
  tells(t, wrongVersion(place), 'The engine in Vault is not KV version 2')
  tells(t, refusedByAnother(place), 'Something that is not Vault refused this')
})

t.test('the document', async t => {
  const read = (answer: ReturnType<typeof version>) => {
    const found = readReply(answer, place)
    return found.kind === 'empty' ? found.damaged : (found as StoreTrouble)
  }
  tells(t, read(version(null)), 'Version 1234 of the document was deleted')
  const destroyed = version(null, { destroyed: true })
  tells(t, read(destroyed), 'Version 1234 of the document was destroyed')
  tells(t, read(version([])), 'Version 1234 of the document is no object')
  const newer = version({ claude_auth_schema_version: 2 })
  tells(t, read(newer), 'The document is of a newer claude-auth')

  const deep = `{"data":{"data":{"a":${'['.repeat(9000)}${']'.repeat(9000)}},"metadata":{"version":1}}}`
  const asked = { ...version({}, { version: 1 }), text: deep }
  const client = {
    request: async ({ method }: { method: string }) => (method === 'PATCH' ? failed(405) : asked),
  }
  const session = {
    token: async () => ({ kind: 'open' as const, token: 'hvs.x' }),
    whyRefused: async () => null,
  }
  const document = vaultDocument(client, session, { mount: 'secret', path: 'x' })
  const found = (await document.change({ ours: 1 }, 1)) as StoreTrouble
  tells(t, found, 'The document is nested too deeply')
})

t.test('the Vault token', async t => {
  const token: SessionMemory = {
    hash: '',
    checkedAtMs: nowMs,
    isKnown: true,
    displayName: 'token-workstation17-claude-auth-alice',
    policies: ['workstation-claude-alice'],
    isRenewable: true,
    endsAtMs: null,
    lifeMs: 0,
    triedAtMs: 0,
  }
  const judged = (change: Partial<SessionMemory>, user = 'alice') => {
    const judgment = judgeToken({ ...token, ...change }, { user, file }, token, nowMs)
    return judgment.kind === 'denied' ? judgment : judgment.drift
  }
  tells(t, judged({ policies: ['root'] }), 'The Vault token is a root token')
  tells(t, judged({}, 'bob'), "The Vault token is alice's")
  tells(t, judged({ endsAtMs: nowMs - 9e6 }), 'The Vault token ended 2 h ago')
  const elsewhere = { displayName: 'token-another.machine-claude-auth-alice' }
  tells(t, judged(elsewhere), 'The Vault token has another name')
  tells(t, judged({ policies: ['a'.repeat(99)] }), 'The policies of the Vault token changed')
  t.match(judged(elsewhere), { advice: /^token-another.*, before token-workstation17/ })

  const options = { now: () => nowMs, known: null, commit: () => undefined }
  const own = join(t.testdir(), home, 'vault-token')
  mkdirSync(dirname(own), { recursive: true })
  const wayIn = (answer: VaultReply) =>
    ownToken({ request: async () => answer }, own, { user: 'alice', uid }, options)
  const opened = async (answer = failed(403)) => (await wayIn(answer).open()) as StoreTrouble
  tells(t, await opened(), 'There is no Vault token')
  writeFileSync(own, 'not a token', { mode: 0o600 })
  tells(t, await opened(), 'The token file holds no Vault token')
  writeFileSync(own, 'hvs.a-token-of-nobody')
  tells(t, await opened(reply(403, null)), 'Something that is not Vault refused this')
  const why = await wayIn(failed(403)).whyRefused()
  tells(t, why, 'Vault does not know the token')

  const refused = (path: string) => {
    const found = readSecretFile(path, uid)
    return found.kind === 'denied' ? found : null
  }
  const link = `${own}-link`
  symlinkSync(own, link)
  chmodSync(dirname(own), 0o777)
  tells(t, refused(link), 'vault-token-link lies open to others')
  chmodSync(dirname(own), 0o755)
  chmodSync(own, 0o644)
  tells(t, refused(own), 'vault-token is readable by others')
})

t.test('the JWT', async t => {
  const rule = { audience: at, subject: 'alice.of.the.long.name', email: null }
  const good = { sub: rule.subject, aud: [at], expSeconds: nowMs / 1000, nbfSeconds: null }
  const objections: [Partial<Parameters<typeof objection>[0]>, string][] = [
    [{ expSeconds: null }, 'The JWT has no end'],
    [{ expSeconds: nowMs / 1000 - 7200 }, 'The JWT ended 2 h ago'],
    [{ nbfSeconds: nowMs / 1000 + 7200 }, 'The JWT is valid only in 2 h'],
    [{ aud: [] }, 'The JWT has no audience'],
    [{ aud: ['https://other.example.com'] }, 'The JWT is made out for another audience'],
    [{ sub: 'bob.of.another.long.name@example.com' }, 'The JWT names another user'],
    [{ sub: null }, 'The JWT names nobody'],
  ]
  for (const [change, cause] of objections) {
    const [said = ''] = objection({ ...good, ...change }, rule, nowMs) ?? []
    tells(t, makeTrouble(said, { place: file }), cause)
  }

  const folder = join(t.testdir(), home)
  mkdirSync(folder, { recursive: true })
  const jwtFile = join(folder, 'jwt')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { sub, aud, expSeconds: exp } = good
  const jwt = `${part({ alg: 'ES256' })}.${part({ sub, aud, exp })}.c2ln`
  t.ok(await claimsOf(jwt))
  const auth = { method: 'jwt', jwtFile, mount: 'jwt', role: 'claude-auth' } as const
  const refused = async (answer: VaultReply) => {
    const whole = { ...auth, audience: at, subject: rule.subject }
    const options = { now: () => nowMs, known: null, commit: () => undefined }
    const person = { user: 'alice', uid }
    const wayIn = jwtLogin({ request: async () => answer }, whole, person, options)
    return (await wayIn.open()) as StoreTrouble
  }
  tells(t, await refused(failed(400)), 'There is no JWT for Vault')
  writeFileSync(jwtFile, 'x', { mode: 0o600 })
  tells(t, await refused(failed(400)), 'The JWT file holds no signed JWT')
  writeFileSync(jwtFile, jwt)
  for (const [status, error, why] of [
    [400, 'role "x" could not be found', ' for an unknown role'],
    [400, 'invalid audience (aud) claim', ' for its audience'],
    [400, 'invalid subject (sub) claim', ' for its subject'],
    [400, 'token is expired (exp)', ' for its end'],
    [400, 'token not yet valid (nbf)', ' for its start'],
    [400, 'invalid issuer (iss) claim', ' for its issuer'],
    [400, 'no known key successfully validated', ' for its signature'],
    [400, 'claim "team" is missing', ' for its claims'],
    [400, 'odd', ''],
    [403, 'permission denied', ' at this mount'],
    [404, 'namespace not found', ' in this namespace'],
  ] as const) {
    const found = await refused(failed(status, error))
    tells(t, found, `Vault refuses the JWT${why}`)
    t.match(found.trouble, { place: jwtFile, command: /^ls -l / })
  }
})
