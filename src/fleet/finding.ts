// What one source says about a login: its health record, its document, or the roster. Pure.

import { dayMs, minuteMs } from '../system/time.js'
import type { HealthRecord } from './record.js'
import { type FleetState, isWorse } from './states.js'

/** A user of the roster. */
export interface ExpectedUser {
  user: string
  /** The user's name in Vault. */
  vaultName: string
  isEnrolled: boolean
  isParked: boolean
  /** `2026-12-01`: the first day (UTC) on which this user is no longer with the site. */
  leftOn: string | null
}

/** A health record where one was found. */
export interface SeenRecord {
  /** The user's name in this source. */
  user: string
  /** The record's key: the host's name, and for another login folder its profile after a slash. It can be any text. */
  host: string
  /**
   * `unreadable`: there is one, and it is no record. It can't be told whether there is one: `closed` by the home, `no-directory` where
   * the directory of users does not tell the home.
   */
  record: HealthRecord | 'unreadable' | 'closed' | 'no-directory'
}

/** A document of a login, by its metadata alone. */
export interface SeenDocument {
  /** The user's name in this source. */
  user: string
  /** Where each host has its own; null: the hosts of this user share it. */
  host: string | null
  /** When its newest version was written, by the server's clock; null: it can't be told. */
  updatedAtMs: number | null
  /** Whether that version can be read, `deletedAtMs` apart. `none`: no version was ever written. */
  newest: 'kept' | 'destroyed' | 'none'
  /** When that version was deleted, or will be, by the server's clock; null: never. */
  deletedAtMs: number | null
  /** It bears the note of an offboarding. */
  isCut: boolean
}

/** Epoch milliseconds, and how old the newest sign of life may be. */
export interface Clock {
  nowMs: number
  silentAfterMs: number
}

export interface Finding {
  state: FleetState
  /** A word of the journal, or one of `ownReasons`. */
  because: string
  /** Epoch milliseconds; null: unknown. */
  since: number | null
}

/** The largest difference between two clocks that count as right. */
const clockSkewMs = 5 * minuteMs
/** No record is older than the program that writes it. */
const earliestMs = Date.UTC(2026, 0, 1)
/** No sign-in lasts longer. */
const longestSignInMs = 5 * 365 * dayMs

/** A time that has passed, or null for one that a working clock can't have given. */
export function pastTime(ms: number | null, nowMs: number): number | null {
  if (ms === null || ms < earliestMs || ms - nowMs > clockSkewMs) return null
  return Math.min(ms, nowMs)
}

/** What can be read of a document. A local clock that is slightly behind makes no deleted version readable. */
export function contentOf(
  { newest, deletedAtMs }: Pick<SeenDocument, 'newest' | 'deletedAtMs'>,
  nowMs: number,
): 'login' | 'deleted' | 'none' {
  if (newest === 'none') return 'none'
  const isDeleted = deletedAtMs !== null && deletedAtMs - nowMs <= clockSkewMs
  return isDeleted || newest === 'destroyed' ? 'deleted' : 'login'
}

/** When the sign-in ends; null: the record does not say, or the time is impossible. */
export function signInEnd({ loginEndsAt }: HealthRecord, nowMs: number): number | null {
  if (loginEndsAt === null || loginEndsAt < earliestMs) return null
  return loginEndsAt - nowMs > longestSignInMs ? null : loginEndsAt
}

/** Why nothing is expected of this user; null: it is. */
export function exemption(row: ExpectedUser | null, isCut: boolean, nowMs: number): Finding | null {
  const leftAtMs = row?.leftOn == null ? null : Date.parse(`${row.leftOn}T00:00:00Z`)
  if (leftAtMs !== null && leftAtMs <= nowMs)
    return { state: 'left', because: 'roster', since: leftAtMs }
  if (isCut) return { state: 'left', because: 'cut', since: null }
  if (row?.isEnrolled === false) return { state: 'off', because: 'roster', since: null }
  return row?.isParked === true ? { state: 'parked', because: 'roster', since: null } : null
}

/**
 * What a record says, and how old it is. `backedUpAtMs`: when the document of the same login was written. The worst of it counts.
 */
export function recordFinding(
  record: SeenRecord['record'],
  backedUpAtMs: number | null,
  { nowMs, silentAfterMs }: Clock,
): Finding {
  if (typeof record === 'string') return { state: 'unknown', because: record, since: null }
  const wrongClock: Finding = { state: 'unknown', because: 'clock', since: null }
  if (record.at - nowMs > clockSkewMs) return wrongClock
  const atMs = pastTime(record.at, nowMs)
  const sinceMs = pastTime(record.since, nowMs)
  const since = sinceMs === null || atMs === null ? sinceMs : Math.min(sinceMs, atMs)
  const isOld = atMs === null || nowMs - atMs > silentAfterMs
  const isBackedUp = backedUpAtMs !== null && nowMs - backedUpAtMs <= silentAfterMs
  const state = stateOf(record)
  const because = isOld && isBackedUp && state === 'ok' ? 'backed-up' : record.because
  let found: Finding = { state, because, since }
  if (record.identity === 'other')
    found = worse(found, { state: 'attention', because: 'wrong-identity', since })
  const endedAtMs = isOfOwn(record) ? signInEnd(record, nowMs) : null
  if (endedAtMs !== null && endedAtMs <= nowMs)
    found = worse(found, { state: 'sign-in', because: 'login-ended', since: endedAtMs })
  if (atMs === null) return worse(found, wrongClock)
  if (isOld && !isBackedUp && state !== 'off')
    found = worse(found, { state: 'silent', because: 'no-news', since: atMs })
  return found
}

/** Is this login a sign-in that ends, and not another credential? */
function isOfOwn({ credential }: HealthRecord): boolean {
  return credential === 'login' || credential === 'long-lived'
}

function stateOf({ verdict, because }: HealthRecord): FleetState {
  return verdict === 'ok' && because === 'off' ? 'off' : verdict
}

export const neverSeen: Finding = { state: 'never', because: 'no-record', since: null }

/** The finding from the time of the last backup alone. */
export function documentFinding(document: SeenDocument, { nowMs, silentAfterMs }: Clock): Finding {
  const content = contentOf(document, nowMs)
  if (content === 'none') return neverSeen
  if (content === 'deleted') {
    const since = pastTime(document.deletedAtMs, nowMs)
    return { state: 'silent', because: 'backup-deleted', since }
  }
  const { updatedAtMs } = document
  if (updatedAtMs === null) return { state: 'unknown', because: 'unreadable', since: null }
  const atMs = pastTime(updatedAtMs, nowMs)
  if (atMs === null) return { state: 'unknown', because: 'clock', since: null }
  return nowMs - atMs > silentAfterMs
    ? { state: 'silent', because: 'no-news', since: atMs }
    : { state: 'ok', because: 'backed-up', since: null }
}

/** A user's name as Vault compares aliases. Our paths contain no letters beyond a-z. */
export function foldedName(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]/g, letter => letter.toLowerCase()) : name
}

/** `other` where it is worse. */
export function worse(first: Finding, other: Finding): Finding {
  return isWorse(other.state, first.state) ? other : first
}

/** Did the user leave, with something of theirs still there? */
export function hasRemains({ state, because }: Pick<Finding, 'state' | 'because'>): boolean {
  return state === 'left' && because.endsWith('-remains')
}
