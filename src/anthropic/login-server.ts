// What is asked of the login server: the refresh grant (RFC 6749 §6), a revocation, and whose access token this is; and whether
// a server can be reached at all.

import type { Identity } from '../policy/outcome.js'
import { isObject, type JsonObject, jsonObject } from '../system/json.js'
import { type HttpOutcome, type HttpReply, type Network, send } from './http.js'
import type { TlsTrouble } from './tls.js'

/** The official client's public identifier (clients 2.1.197 and 2.1.330). */
const clientId = '9d1c250a-e61b-44d9-88ed-5944d1962f5e'

/** What client 2.1.197 asks for; used where the login does not say what it was granted. */
const usualScopes = [
  'user:profile',
  'user:inference',
  'user:sessions:claude_code',
  'user:mcp_servers',
  'user:file_upload',
]

/** The client's own limit; our request is never cut short before it. */
const requestTimeoutMs = 30_000

/** What a whole answer means. Only `refused` says that the refresh token is dead. */
export type TokenOutcome =
  | { kind: 'rotated'; grant: Grant }
  | { kind: 'refused' }
  | { kind: 'answered-otherwise'; what: string; retryAfterMs: number | null }
  | { kind: 'maybe-spent'; what: string }

/** What the server granted; null is what it did not say. At least one token is there. */
export interface Grant {
  accessToken: string | null
  refreshToken: string | null
  /** The answer has an unusable refresh token: the posted one may be spent, and its successor is lost. */
  isSuccessorUnusable?: true
  /** Seconds from the answer's arrival. */
  expiresInSeconds: number | null
  loginEndsInSeconds: number | null
  scopes: string[] | null
  identity: Identity | null
}

/** Asks for a new access token. The raw outcome is to be made durable before `readTokenReply` looks into it. */
export function requestRefresh(
  network: Network,
  endpoint: string,
  refreshToken: string,
  scopes: readonly string[] | null,
): Promise<HttpOutcome> {
  return send(network, {
    method: 'POST',
    url: `${endpoint}/v1/oauth/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: clientId,
      scope: (scopes ?? usualScopes).join(' '),
    }),
    timeoutMs: requestTimeoutMs,
  })
}

/** Ends a token at the server (RFC 7009), as the client does at a log-out. True when the server agreed. */
export async function revoke(
  network: Network,
  endpoint: string,
  token: string,
  hint: 'refresh_token' | 'access_token',
  timeoutMs: number,
): Promise<boolean> {
  const outcome = await send(network, {
    method: 'POST',
    url: `${endpoint}/v1/oauth/token/revoke`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, token_type_hint: hint, client_id: clientId }),
    timeoutMs,
  })
  return outcome.kind === 'reply' && outcome.status >= 200 && outcome.status < 300
}

/**
 * Reads a whole answer. `refused` is HTTP 400 with JSON `error: invalid_grant` (RFC 6749 §5.2) and
 * nothing else; a 200 that grants a token counts however odd the rest of it is.
 */
export function readTokenReply(
  reply: Pick<HttpReply, 'status' | 'body' | 'retryAfterMs'>,
): TokenOutcome {
  const { status, retryAfterMs } = reply
  const text = reply.body.toString()
  const object = replyObject(text)
  if (status === 400 && object?.['error'] === 'invalid_grant') return { kind: 'refused' }
  if (status !== 200)
    return { kind: 'answered-otherwise', what: described(status, object), retryAfterMs }
  if (object === null && /^\s*</.test(text))
    return { kind: 'answered-otherwise', what: 'HTTP 200 with a web page', retryAfterMs }
  const grant = object === null ? null : grantOf(object)
  return grant === null
    ? { kind: 'maybe-spent', what: 'the answer holds no usable token' }
    : { kind: 'rotated', grant }
}

/**
 * As the client's own parser takes it: behind a byte order mark, and nested however deeply, for nothing of it is written again.
 * Null for what is no JSON object.
 */
function replyObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function grantOf(object: Record<string, unknown>): Grant | null {
  const accessToken = tokenOf(object['access_token'])
  const refreshToken = tokenOf(object['refresh_token'])
  if (accessToken === null && refreshToken === null) return null
  // RFC 6749 §6: without one in the answer the posted token stays good.
  const isNone = [undefined, null, ''].includes(object['refresh_token'] as never)
  return {
    accessToken,
    refreshToken,
    ...(refreshToken !== null || isNone ? {} : { isSuccessorUnusable: true }),
    expiresInSeconds: secondsOf(object['expires_in']),
    loginEndsInSeconds: secondsOf(object['refresh_token_expires_in']),
    scopes: scopesOf(object['scope']),
    identity: identityOf(object['account'], object['organization']),
  }
}

/** Account and organization as token replies and profiles give them; null unless an account is named. */
export function identityOf(account: unknown, organization: unknown): Identity | null {
  const of = (value: unknown, key: string) => {
    const found = (value as Record<string, unknown> | null | undefined)?.[key]
    return typeof found === 'string' && found !== '' && found.length <= 320 ? found : null
  }
  const email = of(account, 'email_address') ?? of(account, 'email')
  const accountUuid = of(account, 'uuid')
  if (email === null && accountUuid === null) return null
  return {
    email: email?.toLowerCase() ?? null,
    accountUuid,
    organizationUuid: of(organization, 'uuid'),
  }
}

function tokenOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value) ? value : null
}

/** Up to ten years; anything else is no duration. */
function secondsOf(value: unknown): number | null {
  return typeof value === 'number' && value > 0 && value < 315_360_000 ? Math.floor(value) : null
}

function scopesOf(value: unknown): string[] | null {
  const scopes = typeof value === 'string' ? value.split(' ').filter(scope => scope !== '') : []
  return scopes.length > 0 && scopes.length <= 100 ? scopes : null
}

/** The error code of RFC 6749 where there is one: a fixed vocabulary, unlike the description. */
function described(status: number, object: Record<string, unknown> | null): string {
  const error = object?.['error']
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error)
    ? `HTTP ${status} ${error}`
    : `HTTP ${status}`
}

export type Verification =
  | {
      kind: 'accepted'
      identity: Identity | null
      organization: string | null
      serverNowMs: number | null
    }
  | { kind: 'refused'; serverNowMs: number | null }
  | { kind: 'no-answer'; what: string; serverNowMs: number | null }

/**
 * Asks `GET /api/oauth/profile`. Only a 401 is `refused`; a proxy's page, a 403, a 5xx or silence
 * says nothing about the token and is `no-answer`.
 */
export async function verify(
  network: Network,
  endpoint: string,
  accessToken: string,
  timeoutMs: number,
): Promise<Verification> {
  const outcome = await send(network, {
    method: 'GET',
    url: `${endpoint}/api/oauth/profile`,
    headers: { authorization: `Bearer ${accessToken}`, 'anthropic-beta': 'oauth-2025-04-20' },
    timeoutMs,
  })
  if (outcome.kind !== 'reply') return { kind: 'no-answer', what: outcome.what, serverNowMs: null }
  const { serverNowMs } = outcome
  if (outcome.status === 401) return { kind: 'refused', serverNowMs }
  const profile = outcome.status === 200 ? jsonObject(outcome.body) : null
  const identity = profile ? identityOf(profile['account'], profile['organization']) : null
  if (profile === null || identity === null)
    return { kind: 'no-answer', what: `HTTP ${outcome.status}`, serverNowMs }
  const name = (profile['organization'] as Record<string, unknown> | null)?.['name']
  const organization = typeof name === 'string' ? name.slice(0, 100) : null
  return { kind: 'accepted', identity, organization, serverNowMs }
}

/** Whether a server can be reached at all. */
export type Reach = { kind: 'reached' } | { kind: 'unreached'; what: string; tls?: TlsTrouble }

/** Any whole reply counts, with any status: TLS has shown whose it is. */
export async function reach(network: Network, endpoint: string, timeoutMs: number): Promise<Reach> {
  const outcome = await send(network, { method: 'HEAD', url: `${endpoint}/`, timeoutMs })
  return outcome.kind === 'reply' ? { kind: 'reached' } : { ...outcome, kind: 'unreached' }
}
