// The stored document: a login with its lineage under the names that stores at sites already use; beside it the long-lived token,
// the intent, the claim on alerts, and the hosts that use it.

import type { Lineage } from '../login/lineage.js'
import { type Login, loginObject, parseLogin, tokenHash } from '../login/login.js'
import { identityIn } from '../login/memory.js'
import type { Identity } from '../policy/outcome.js'
import {
  type JsonObject,
  jsonObject,
  matching,
  number,
  numberOf,
  object,
  oneOf,
  orNull,
  otherwise,
  readableOf,
  recordOf,
  stringOf,
  text,
  word,
} from '../system/json.js'
import { dayMs } from '../system/time.js'

/** What a store keeps. Documents from before have only the login: everything else is null then. */
export interface StoredLogin {
  /** Null after a log-out: the lineage stays, the tokens go. */
  login: Login | null
  lineage: Lineage | null
  identity: Identity | null
  loginEndsAtMs: number | null
  backedUpAtMs: number | null
  /** Set by a log-out: nothing of this lineage may be restored. */
  signedOutAtMs: number | null
  /** `user@host reason`, for people. */
  source: string
  /** Names one write, so that a write whose answer was lost can be recognized. */
  writeId: string
  /** A renewal that is under way, or that ended without a new login; a login that is written takes its place. */
  intent: Intent | null
  /** The long-lived token beside the login. Writing a login leaves it as it is. */
  setupToken: SetupToken | null
  /** The hosts that use the document. Writing a login leaves them as they are. */
  hosts: Hosts
  /** The host that has claimed to send the alerts. Only read: writing a login leaves it as it is. */
  readonly alert?: AlertClaim
}

/** The login's part of the document, as JSON values: all keys that a write replaces. */
export function toDocument(stored: StoredLogin): JsonObject {
  const { login, lineage, identity } = stored
  return {
    claude_ai_oauth_json: login === null ? '' : JSON.stringify(loginObject(login)),
    credential_expires_at_ms: login?.expiresAtMs ?? null,
    backed_up_at: stored.backedUpAtMs === null ? null : new Date(stored.backedUpAtMs).toISOString(),
    claude_auth_lineage: lineage?.id ?? null,
    claude_auth_generation: lineage?.generation ?? null,
    claude_auth_chain: lineage?.chain ?? null,
    claude_auth_signed_in_at: lineage?.signedInAtMs ?? null,
    claude_auth_login_ends_at_ms: stored.loginEndsAtMs,
    claude_auth_write_id: stored.writeId,
    claude_auth_source: stored.source,
    claude_auth_signed_out: stored.signedOutAtMs,
    claude_auth_identity: identity,
    claude_auth_intent: stored.intent,
  }
}

/** Reads a document; null when none of our keys in it can be used. */
export function fromDocument(document: JsonObject): StoredLogin | null {
  const text = stringOf(document['claude_ai_oauth_json'])
  const parsed = text === null ? null : parseLogin(jsonObject(text))
  const login = parsed?.kind === 'login' ? parsed.login : null
  const signedOutAtMs = numberOf(document['claude_auth_signed_out'])
  const intent = intentOf(document['claude_auth_intent'])
  const setupToken = setupTokenOf(document)
  const alert = alertClaimOf(document)
  const parts = [login, signedOutAtMs, intent, setupToken, alert]
  if (parts.every(part => part === null)) return null
  const lineage = lineageOf(document)
  // A tool that knows the old keys only has put another login there: ours are not about it.
  const isOther =
    login?.refreshToken != null && lineage?.chain.at(-1) !== tokenHash(login.refreshToken)
  const endsAtMs = numberOf(document['claude_auth_login_ends_at_ms'])
  return {
    login,
    lineage: isOther ? null : lineage,
    identity: isOther ? null : (identityIn(document['claude_auth_identity']) ?? null),
    loginEndsAtMs: (isOther ? null : endsAtMs) ?? login?.loginEndsAtMs ?? null,
    backedUpAtMs: timeOf(document['backed_up_at']),
    signedOutAtMs,
    source: stringOf(document['claude_auth_source']) ?? '',
    writeId: stringOf(document['claude_auth_write_id']) ?? '',
    intent,
    setupToken,
    hosts: hostsOf(document['claude_auth_hosts']),
    ...(alert === null ? {} : { alert }),
  }
}

const lineageKeys = object({
  claude_auth_lineage: word,
  claude_auth_generation: number,
  claude_auth_chain: readableOf(matching(/^[0-9a-f]{64}$/)),
  claude_auth_signed_in_at: number,
})

function lineageOf(document: JsonObject): Lineage | null {
  const found = lineageKeys(document)
  return found === undefined
    ? null
    : {
        id: found.claude_auth_lineage,
        generation: found.claude_auth_generation,
        chain: found.claude_auth_chain,
        signedInAtMs: found.claude_auth_signed_in_at,
      }
}

/** `backed_up_at` is a date in our documents; older ones may hold milliseconds. */
function timeOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : numberOf(value)
  // Beyond the range of dates it is no time, and could not be written again.
  return at === null || Number.isNaN(new Date(at).getTime()) ? null : at
}

/** Null where not recorded: the server can't be asked for it (client 2.1.330, `setup-token`). */
interface SetupToken {
  token: string
  mintedAtMs: number | null
  endsAtMs: number | null
  identity: Identity | null
}

const recordIn = object({
  hash: word,
  mintedAtMs: orNull(number),
  endsAtMs: orNull(number),
  identity: orNull(
    object({ email: orNull(word), accountUuid: orNull(word), organizationUuid: orNull(word) }),
  ),
})

/** Reads it; null where there is none. A record about another token says nothing about this one. */
function setupTokenOf(document: JsonObject): SetupToken | null {
  const token = word(document['setup_token'])?.trim() ?? ''
  if (!/^[\x21-\x7e]{8,16384}$/.test(token)) return null
  const found = recordIn(document['claude_auth_setup_token'])
  const record = found?.hash === tokenHash(token) ? found : null
  return {
    token,
    mintedAtMs: record?.mintedAtMs ?? null,
    endsAtMs: record?.endsAtMs ?? null,
    identity: record?.identity ?? null,
  }
}

/** The document's keys for it; null takes it out. */
export function setupTokenKeys(setupToken: SetupToken | null): JsonObject {
  if (setupToken === null) return { setup_token: null, claude_auth_setup_token: null }
  const { token, ...record } = setupToken
  return { setup_token: token, claude_auth_setup_token: { hash: tokenHash(token), ...record } }
}

/** Written before the request, and replaced by its result. */
export interface Intent {
  /** Names this one try. */
  id: string
  /** `user@host`. */
  by: string
  /** SHA-256 (hex) of the refresh token to be posted. */
  parent: string
  /**
   * How it ended without a new login: `refused` (the token is spent) or `maybe-spent`. Null while it
   * is under way, and permanently if its host died.
   */
  ended: 'refused' | 'maybe-spent' | null
}

/** Reads `claude_auth_intent`; null where there is none or it can't be understood. */
export const intentOf: (value: unknown) => Intent | null = orNull(
  object({
    id: word,
    by: otherwise(text, ''),
    parent: matching(/^[0-9a-f]{64}$/),
    ended: orNull(oneOf('refused', 'maybe-spent')),
  }),
)

/** `claude_auth_alert`. `id` names one message of one host, `by` is its `user@host`, for people. */
export interface AlertClaim {
  signIn: SignInClaim | null
  /** The warning before a sign-in's end that was sent last. */
  warned: { id: string; by: string; endsAtMs: number; withinMs: number } | null
  /** The last summary that all is well again after many changes. */
  steady: ClaimMark | null
}

/** A sign-in is needed. */
export interface SignInClaim extends ClaimMark {
  /** SHA-256 of the access token that the document held then; null: it held no login. */
  about: string | null
  /** The host that reports that it is over; null: it is not. */
  over: ClaimMark | null
}

interface ClaimMark {
  id: string
  by: string
  /** By the clock of that host. */
  atMs: number
}

export const noClaim: AlertClaim = Object.freeze({ signIn: null, warned: null, steady: null })

const mark = { id: word, by: otherwise(text, ''), atMs: number }

const claimIn = object({
  signIn: orNull(object({ ...mark, about: orNull(word), over: orNull(object(mark)) })),
  warned: orNull(object({ id: word, by: otherwise(text, ''), endsAtMs: number, withinMs: number })),
  steady: orNull(object(mark)),
})

/** Reads `claude_auth_alert`; null where there is none. A part that can't be understood claims nothing. */
export function alertClaimOf(document: JsonObject): AlertClaim | null {
  const claim = claimIn(document['claude_auth_alert'])
  return claim && Object.values(claim).some(part => part !== null) ? claim : null
}

/** The keys to change for it; `writeId` lets a write whose answer was lost be recognized. */
export function alertClaimKeys(claim: AlertClaim, writeId: string): JsonObject {
  return { claude_auth_alert: claim, claude_auth_write_id: writeId }
}

/** By instance: one login folder. */
export type Hosts = Readonly<Record<string, HostEntry>>

export interface HostEntry {
  host: string
  seenAtMs: number
  /** Random, new with each write: an unknown one under one's own name shows a live copy. */
  heartbeat?: string
}

/** A host that was not seen for so long is gone: an access token lives for hours, a login for weeks. */
const goneMs = 45 * dayMs

const refreshMs = dayMs

/**
 * An entry under a former name of ours may be our own. A live copy refreshes it each day, and may count itself alone for
 * three days after its last look.
 */
const formerGoneMs = 4 * dayMs

/** Containers of short jobs would fill the document. */
const mostHosts = 50

/** Reads `claude_auth_hosts`; what can't be understood is left out. */
export const hostsOf: (value: unknown) => Hosts = otherwise(
  recordOf(object({ host: otherwise(text, ''), seenAtMs: number }, { heartbeat: word })),
  {},
)

/** Was `instance` not seen for a day, or never? */
export function isHeartbeatDue(hosts: Hosts, instance: string, nowMs: number): boolean {
  const known = hosts[instance]
  return known === undefined || Math.abs(nowMs - known.seenAtMs) >= refreshMs
}

/** An entry without its time. */
export type Heartbeat = Required<Pick<HostEntry, 'host' | 'heartbeat'>>

/** The document's keys with a fresh entry for `instance`. */
export function heartbeatKeys(
  hosts: Hosts,
  instance: string,
  { host, heartbeat }: Heartbeat,
  nowMs: number,
): JsonObject {
  const others = Object.entries(hosts)
    .filter(([each, { seenAtMs }]) => each !== instance && nowMs - seenAtMs < goneMs)
    .sort(([, one], [, other]) => other.seenAtMs - one.seenAtMs)
    .slice(0, mostHosts - 1)
  const all = { ...Object.fromEntries(others), [instance]: { host, seenAtMs: nowMs, heartbeat } }
  return { claude_auth_hosts: all }
}

/**
 * When a host other than `instance` was last seen (epoch ms); null where there is none. An entry under one of
 * `formerNames` counts only while it is young: it may be our own.
 */
export function othersSeenAtMs(
  hosts: Hosts,
  instance: string,
  nowMs: number,
  formerNames: readonly string[] = [],
): number | null {
  const lifeOf = (name: string) => (formerNames.includes(name) ? formerGoneMs : goneMs)
  const times = Object.entries(hosts)
    .filter(([each, { seenAtMs }]) => each !== instance && nowMs - seenAtMs < lifeOf(each))
    .map(([, { seenAtMs }]) => seenAtMs)
  return times.length === 0 ? null : Math.max(...times)
}
