// A login as the client stores it: reading the `claudeAiOauth` object, judging it, and making a successor.

import { createHash } from 'node:crypto'

/** One login. `fields` is the object as it was read, so that fields we don't know survive. */
export interface Login {
  accessToken: string
  /** Null in sole custody and for a long-lived token. */
  refreshToken: string | null
  /** End of the access token; null when unknown (dropped by a faulty refresh) or unlimited (long-lived). */
  expiresAtMs: number | null
  /** End of the login itself (`refreshTokenExpiresAt`, client ≥ 2.1.330), where the file tells. */
  loginEndsAtMs: number | null
  scopes: readonly string[] | null
  fields: Readonly<Record<string, unknown>>
}

/** What the value of `claudeAiOauth` turned out to be. */
export type ParsedLogin =
  | { kind: 'login'; login: Login }
  | { kind: 'blank'; loginEnded: string | null }
  | { kind: 'unreadable'; what: string }

/** A time before 2001 or after 2100 is a mistake (seconds for milliseconds, an overflow). */
const earliestMs = 978_307_200_000
const latestMs = 4_102_444_800_000

/** The full SHA-256 in hex: the only thing two tokens are compared by. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Eight hex digits for people to read; never for comparing. */
export function fingerprint(hash: string): string {
  return hash.slice(0, 8)
}

/**
 * Reads a `claudeAiOauth` value. An empty access token is how the client blanks a login (its own
 * refresh was refused; client 2.1.197 and 2.1.330). A wrong type of an optional field makes that
 * field unknown; a wrong type of a token makes the login unreadable.
 */
export function parseLogin(value: unknown): ParsedLogin {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'unreadable', what: 'claudeAiOauth is no object' }
  const fields = value as Record<string, unknown>
  const { accessToken, refreshToken } = fields
  if (accessToken === undefined || accessToken === null || accessToken === '')
    return { kind: 'blank', loginEnded: text(fields['loginEnded']) }
  if (!isToken(accessToken)) return { kind: 'unreadable', what: 'accessToken is no usable text' }
  const noRefresh = refreshToken === undefined || refreshToken === null || refreshToken === ''
  if (!noRefresh && !isToken(refreshToken))
    return { kind: 'unreadable', what: 'refreshToken is no usable text' }
  return {
    kind: 'login',
    login: {
      accessToken,
      refreshToken: noRefresh ? null : refreshToken,
      expiresAtMs: endOf(fields['expiresAt'], !noRefresh),
      loginEndsAtMs: timeOf(fields['refreshTokenExpiresAt']),
      scopes: scopesOf(fields['scopes']),
      fields,
    },
  }
}

/** A token can stand in an HTTP header: visible ASCII, bounded. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 16_384 && /^[\x21-\x7e]+$/.test(value)
}

function timeOf(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  return value > earliestMs && value < latestMs ? Math.floor(value) : null
}

/** Farther away than any date we print, the end is as good as one that is merely too far: some day is not never. */
function endOf(value: unknown, isRenewable: boolean): number | null {
  const isFar = typeof value === 'number' && value >= latestMs
  return isFar && isRenewable ? latestMs - 1 : timeOf(value)
}

function scopesOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > 100) return null
  return value.every(scope => typeof scope === 'string' && scope !== '') ? [...value] : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The object to store as `claudeAiOauth`: the fields as read, with ours in front of their old values. */
export function loginObject(login: Login): Record<string, unknown> {
  const object: Record<string, unknown> = {
    ...login.fields,
    accessToken: login.accessToken,
    refreshToken: login.refreshToken,
    expiresAt: login.expiresAtMs,
  }
  if (login.loginEndsAtMs !== null) object['refreshTokenExpiresAt'] = login.loginEndsAtMs
  if (login.scopes !== null) object['scopes'] = login.scopes
  delete object['loginEnded']
  return object
}

/** The same login as a client may hold it in sole custody: its refresh token stays with us. */
export function withoutRefreshToken(login: Login): Login {
  return { ...login, refreshToken: null }
}
