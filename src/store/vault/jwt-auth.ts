// Vault auth with a JSON Web Token from a file: one login per process, its token stored nowhere.

import type { VaultConfig } from '../../config/vault.js'
import { isObject, numberOf, stringOf } from '../../system/json.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import { shortDuration } from '../../text/durations.js'
import type { StoreTrouble } from '../store.js'
import type { SessionOptions, SessionPerson, VaultAuth } from './auth.js'
import { readSecretFile } from './auth.js'
import type { VaultClient } from './client.js'
import { troubleOf } from './failure.js'

/** Statuses by which Vault refuses a login; 404 is a wrong namespace. All others are trouble of its own. */
const refusals = [400, 401, 403, 404]

/** The JWT is judged before it is sent; `whyRefused` is always null, for the token is a fresh one. */
export function jwtLogin(
  client: VaultClient,
  auth: Extract<VaultConfig['auth'], { method: 'jwt' }>,
  { uid }: SessionPerson,
  { now, expectedEmail = null }: SessionOptions,
): VaultAuth {
  const { jwtFile: file, mount, role, audience, subject } = auth
  return {
    open: async () => {
      const found = readSecretFile(file, uid)
      if ('trouble' in found) return found
      if (found.kind === 'missing')
        return denied(file, 'there is no JWT for Vault', 'see vault.auth.jwtFile')
      const jwt = found.text
      const claims = await claimsOf(jwt)
      if (claims === null) return denied(file, 'the JWT file holds no signed JWT')
      const against = objection(claims, { audience, subject, email: expectedEmail }, now())
      if (against !== null) return denied(file, ...against)

      const path = `auth/${mount}/login`
      const body = JSON.stringify({ role, jwt })
      const reply = await client.request({ method: 'POST', path, token: null, body })
      if (reply.kind === 'reply' && reply.body && refusals.includes(reply.status))
        return denied(file, ...refusalOf(reply, { role, mount }))
      const granted = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['auth'] : null
      if (!isObject(granted)) return troubleOf(reply, path)
      const token = stringOf(granted['client_token'])
      const seconds = numberOf(granted['lease_duration']) ?? 0
      if (token === null) return troubleOf(reply, path)
      return { kind: 'open', token, endsAtMs: seconds > 0 ? now() + seconds * 1000 : null }
    },
    whyRefused: async () => null,
    drift: () => null,
  }
}

/** The cause, and what more is known. */
type Objection = [cause: string, advice?: string]

function denied(file: string, ...[cause, advice = '']: Objection): StoreTrouble {
  const known = advice === '' ? null : advice
  const command = `ls -l ${quoted(file)}`
  return { kind: 'denied', trouble: makeTrouble(cause, { place: file, advice: known, command }) }
}

/** The claims that are judged, as far as they have the right kind. */
export interface Claims {
  sub: string | null
  aud: string[]
  expSeconds: number | null
  nbfSeconds: number | null
}

export interface JwtRule {
  /** What `aud` must contain; null: anything, as long as there is something. */
  audience: string | null
  subject: string
  /** Accepted as `sub` too, in any case of letters. */
  email: string | null
}

/** Clocks are off by so much in ordinary use. */
const marginMs = 30_000

/** The claims of a signed JWT (RFC 7519, compact form); null for any other text. The signature is Vault's to check. */
export async function claimsOf(jwt: string): Promise<Claims | null> {
  const { decodeJwt } = await import('jose/jwt/decode')
  const { decodeProtectedHeader } = await import('jose/decode/protected_header')
  try {
    const { alg } = decodeProtectedHeader(jwt)
    const { sub, aud, exp, nbf } = decodeJwt<Record<string, unknown>>(jwt)
    const isSigned =
      typeof alg === 'string' && alg !== 'none' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)
    if (!isSigned) return null
    const list: unknown[] = Array.isArray(aud) ? aud : [aud]
    return {
      sub: stringOf(sub),
      aud: list.flatMap(each => stringOf(each) ?? []),
      expSeconds: numberOf(exp),
      nbfSeconds: numberOf(nbf),
    }
  } catch {
    return null
  }
}

/** Why the JWT can't sign this user in to Vault now; null when it may be sent. */
export function objection(claims: Claims, rule: JwtRule, nowMs: number): Objection | null {
  const { sub, aud, expSeconds, nbfSeconds } = claims
  if (expSeconds === null) return ['the JWT has no end (exp)', 'it is not used']
  const overMs = nowMs - expSeconds * 1000
  if (overMs > marginMs) return [`the JWT ended ${shortDuration(overMs)} ago`]
  const earlyMs = (nbfSeconds ?? 0) * 1000 - nowMs
  if (earlyMs > marginMs)
    return [`the JWT is valid only in ${shortDuration(earlyMs)}`, 'one of the two clocks is wrong']
  if (aud.length === 0) return ['the JWT has no audience (aud)', 'it is not used']
  if (rule.audience !== null && !aud.includes(rule.audience))
    return [
      'the JWT is made out for another audience',
      `for ${shown(aud.join(', '))}, not for ${shown(rule.audience)} (vault.auth.audience)`,
    ]
  const isUsers = sub === rule.subject || (sub !== null && isSameEmail(sub, rule.email))
  if (isUsers) return null
  const [who, named] = sub === null ? ['nobody', 'nobody'] : ['another user', shown(sub)]
  return [`the JWT names ${who}`, `${named}, not ${shown(rule.subject)} (vault.auth.subject)`]
}

/**
 * That Vault refused a login, and why. By status and by the texts of
 * OpenBao 2.7 (Vault's are alike), which are never repeated.
 */
export function refusalOf(
  { status, errors }: { status: number; errors: string[] },
  { role, mount }: { role: string; mount: string },
): Objection {
  const refused = 'Vault refuses the JWT'
  if (status === 404)
    return [`${refused} in this namespace`, 'there is none such (vault.namespace)']
  if (status === 403)
    return [
      `${refused} at this mount`,
      `there is no JWT login at auth/${mount} (vault.auth.mount), or not for this host`,
    ]
  const text = errors.join('\n').toLowerCase()
  const known = reasons.find(([pattern]) => pattern.test(text))
  if (known === undefined) return [refused, `it says only HTTP ${status}`]
  const [, about, why] = known
  return [`${refused} ${about}`, why.replaceAll('ROLE', role)]
}

/** What in Vault's text tells it, for the sake of what it refused, and why. */
const reasons: [RegExp, string, string][] = [
  [
    /role .*not be found|missing role/,
    'for an unknown role',
    'there is no role ROLE (vault.auth.role)',
  ],
  [
    /\(aud\)|audience/,
    'for its audience',
    'role ROLE does not accept what it is made out for (aud)',
  ],
  [/\(sub\)|subject/, 'for its subject', 'role ROLE does not accept whom it names (sub)'],
  [/\(exp\)|expired/, 'for its end', "it has ended by Vault's clock"],
  [
    /\(nbf\)|\(iat\)|not yet valid|issued at/,
    'for its start',
    "it is not valid yet by Vault's clock",
  ],
  [/\(iss\)|issuer/, 'for its issuer', 'Vault does not accept who issued it (iss)'],
  [/signature|no known key/, 'for its signature', 'its signature is by no key that Vault knows'],
  [
    /claim/,
    'for its claims',
    'it lacks a claim that role ROLE demands, or has another value there',
  ],
]

function isSameEmail(sub: string, email: string | null): boolean {
  return email !== null && sub.toLowerCase() === email.toLowerCase()
}

/** A claim is its issuer's text: short, and on one line. */
function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
