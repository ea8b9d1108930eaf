// The judgment: what the roster, the records and the documents say of each login, worst first. Pure.

import { type HealthRecord, recordKey } from './record.js'

/** Worst first. All before `ok` ask for somebody. */
export const fleetStates = [
  'broken',
  'sign-in',
  'no-answer',
  'attention',
  'stranger',
  'silent',
  'never',
  'unknown',
  'ok',
  'parked',
  'off',
  'left',
] as const

export type FleetState = (typeof fleetStates)[number]

/** A user of the roster, as far as it counts here. */
export interface ExpectedUser {
  user: string
  /** What Vault calls them. */
  vaultName: string
  isEnrolled: boolean
  isParked: boolean
  /** `2026-12-01`: the first day on which they are not with the site any more (UTC). */
  leftOn: string | null
}

/** A health record where one was found. */
export interface SeenRecord {
  /** Their name as the source has it. */
  user: string
  /** The record's key: the host's name, and of a further login folder a profile after a slash. Anything may stand here. */
  host: string
  /** `unreadable`: there is one, and it is no record. `closed`: nobody may look whether there is one. */
  record: HealthRecord | 'unreadable' | 'closed'
}

/** A document of a login, by its metadata alone. */
export interface SeenDocument {
  /** Their name as the source has it. */
  user: string
  /** Where each host has its own; null: the hosts of this user share it. */
  host: string | null
  /** When its newest version was written, by the server's clock; null: it can't be told. */
  updatedAtMs: number | null
  /** The note of an offboarding is on it. */
  isCut: boolean
}

export interface JudgeConfig {
  silentAfterMs: number
  /** Where records and documents come from, and whose names they bear. */
  source: 'vault' | 'homes'
}

/** One login on one host. Times are epoch milliseconds. */
export interface JudgedLogin {
  user: string
  /** Null where no host is known. It may be anything. */
  host: string | null
  state: FleetState
  /** A word of the journal, or one of `ownReasons`. */
  because: string
  since: number | null
  /** The newest sign of life. */
  seenAt: number | null
  loginEndsAt: number | null
  credential: HealthRecord['credential'] | null
  custody: HealthRecord['custody'] | null
  version: string | null
  /** The command that helps, to be typed by the user on that host, or by who looks where it names the user; null: nothing is to be done. */
  toDo: string | null
}

/** Reasons that no run gives, as part of a sentence. */
export const ownReasons = {
  'backed-up': 'the time of the last backup tells, and nothing else',
  'no-news': 'nothing was heard for long',
  'no-record': 'nothing was ever heard',
  'not-in-roster': 'the roster does not list this user',
  unreadable: "what is there can't be read",
  closed: 'nobody else may look there',
  clock: 'the record is from the future',
  roster: 'the roster says so',
  cut: 'access was cut',
  'record-remains': 'the health record is still there',
  'document-remains': 'the document is still there',
} as const

/** So far the clocks of two machines in good order may be apart. */
const clockSkewMs = 5 * 60_000

/**
 * Every login that is expected or was seen, worst first: one line for each host of a user, and one for a user of whom no
 * host is known. Total, and the order of what it is given counts nothing. `roster`: whom this source should know; null:
 * nobody can tell, so that nobody is a stranger or missing.
 */
export function judge(
  roster: readonly ExpectedUser[] | null,
  records: readonly SeenRecord[],
  documents: readonly SeenDocument[],
  nowMs: number,
  { silentAfterMs, source }: JudgeConfig,
): JudgedLogin[] {
  // Vault folds the names of its aliases.
  const keyOf = (name: string) => (source === 'vault' ? name.toLowerCase() : name)
  const recordsOf = grouped(records, keyOf)
  const documentsOf = grouped(documents, keyOf)
  const unlisted = new Set([...recordsOf.keys(), ...documentsOf.keys()])
  const seenOf = (key: string) => ({
    records: recordsOf.get(key) ?? [],
    documents: documentsOf.get(key) ?? [],
  })
  const listed = (roster ?? []).map(row => {
    const key = keyOf(source === 'vault' ? row.vaultName : row.user)
    unlisted.delete(key)
    return { user: row.user, row, isStranger: false, ...seenOf(key) }
  })
  const others = [...unlisted].map(key => {
    return { user: key, row: null, isStranger: roster !== null, ...seenOf(key) }
  })
  const clock = { nowMs, silentAfterMs }
  return [...listed, ...others].flatMap(seen => linesOf(seen, clock)).sort(byNeed)
}

/** How many users are in each state, by the worst of their logins. */
export function countUsers(logins: readonly JudgedLogin[]): Record<FleetState, number> {
  const worst = new Map<string, FleetState>()
  for (const { user, state } of logins) {
    const known = worst.get(user)
    if (known === undefined || isWorse(state, known)) worst.set(user, state)
  }
  const counts = Object.fromEntries(fleetStates.map(state => [state, 0]))
  for (const state of worst.values()) counts[state] = (counts[state] ?? 0) + 1
  return counts as Record<FleetState, number>
}

/** What all of it comes to: somebody has to sign in, something else needs somebody, or nothing does. */
export function fleetVerdict(logins: readonly JudgedLogin[]): 'ok' | 'sign-in' | 'attention' {
  if (logins.some(({ state }) => state === 'sign-in')) return 'sign-in'
  return logins.some(({ state }) => needsSomebody(state)) ? 'attention' : 'ok'
}

/** Does a login in this state ask for somebody? */
export function needsSomebody(state: FleetState): boolean {
  return isWorse(state, 'ok')
}

function isWorse(one: FleetState, other: FleetState): boolean {
  return fleetStates.indexOf(one) < fleetStates.indexOf(other)
}

function byNeed(one: JudgedLogin, other: JudgedLogin): number {
  return (
    fleetStates.indexOf(one.state) - fleetStates.indexOf(other.state) ||
    compare(one.user, other.user) ||
    compare(one.host ?? '', other.host ?? '') ||
    // Two rows of one name: whatever comes first, it always does.
    compare(JSON.stringify(one), JSON.stringify(other))
  )
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function grouped<T extends { user: string }>(
  all: readonly T[],
  keyOf: (name: string) => string,
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const each of all) {
    const group = groups.get(keyOf(each.user))
    if (group === undefined) groups.set(keyOf(each.user), [each])
    else group.push(each)
  }
  return groups
}

interface Seen {
  user: string
  row: ExpectedUser | null
  isStranger: boolean
  records: readonly SeenRecord[]
  documents: readonly SeenDocument[]
}

interface Clock {
  nowMs: number
  silentAfterMs: number
}

type Finding = Pick<JudgedLogin, 'state' | 'because' | 'since'>

function linesOf(seen: Seen, clock: Clock): JudgedLogin[] {
  const { user, row, records, documents } = seen
  const rest = restOf(seen, clock.nowMs)
  if (rest?.state === 'left') return remainsOf(seen, rest, clock.nowMs)
  const found = (finding: Finding) => rest ?? worst(finding, ...ofStranger(seen))
  const hosts = new Set(records.map(({ host }) => host))
  const ofRecords = records.map(each => {
    const ofHost = documents.filter(({ host }) =>
      host === null ? hosts.size === 1 : isOf(host, each.host),
    )
    const backedUpAtMs = newest(ofHost, clock.nowMs)
    return recordLine(user, each, found(recordFinding(each.record, backedUpAtMs, clock)), {
      backedUpAtMs,
      nowMs: clock.nowMs,
    })
  })
  const alone = documents.filter(({ host }) =>
    host === null ? records.length === 0 : !records.some(record => isOf(host, record.host)),
  )
  const ofDocuments = alone.map(each =>
    documentLine(user, each, found(documentFinding(each, clock)), clock.nowMs),
  )
  const lines = [...ofRecords, ...ofDocuments]
  if (lines.length > 0 || row === null) return onePerHost(lines)
  return [blankLine(user, null, rest ?? { state: 'never', because: 'no-record', since: null })]
}

/** Why nothing is asked of this user; null: it is. */
function restOf({ row, documents }: Seen, nowMs: number): Finding | null {
  const leftAtMs = row?.leftOn == null ? null : Date.parse(`${row.leftOn}T00:00:00Z`)
  if (leftAtMs !== null && leftAtMs <= nowMs)
    return { state: 'left', because: 'roster', since: leftAtMs }
  if (documents.some(({ isCut }) => isCut)) return { state: 'left', because: 'cut', since: null }
  if (row?.isEnrolled === false) return { state: 'off', because: 'roster', since: null }
  return row?.isParked === true ? { state: 'parked', because: 'roster', since: null } : null
}

function ofStranger({ isStranger }: Seen): Finding[] {
  return isStranger ? [{ state: 'stranger', because: 'not-in-roster', since: null }] : []
}

/** Of who left: what is still there, by name. */
function remainsOf(
  { user, records, documents }: Seen,
  left: Finding,
  nowMs: number,
): JudgedLogin[] {
  const toDo = offboarding(user)
  const ofRecords = records.map(each =>
    recordLine(user, each, { ...left, because: 'record-remains' }, { backedUpAtMs: null, nowMs }),
  )
  const ofDocuments = documents.map(each =>
    documentLine(user, each, { ...left, because: 'document-remains' }, nowMs),
  )
  const remains = [...ofRecords, ...ofDocuments].map(each => ({ ...each, toDo }))
  return remains.length > 0 ? onePerHost(remains) : [blankLine(user, null, left)]
}

/** What a record says, and how old it is. A worse word of it counts more than a better one. */
function recordFinding(
  record: SeenRecord['record'],
  backedUpAtMs: number | null,
  { nowMs, silentAfterMs }: Clock,
): Finding {
  if (record === 'unreadable' || record === 'closed')
    return { state: 'unknown', because: record, since: null }
  if (isFuture(record.at, nowMs)) return { state: 'unknown', because: 'clock', since: null }
  const since = Math.min(record.since, record.at)
  const isOld = nowMs - record.at > silentAfterMs
  const isBackedUp = backedUpAtMs !== null && nowMs - backedUpAtMs <= silentAfterMs
  const state = stateOf(record)
  const because = isOld && isBackedUp && state === 'ok' ? 'backed-up' : record.because
  const others: Finding[] = []
  if (record.identity === 'other')
    others.push({ state: 'attention', because: 'wrong-identity', since })
  const endedAtMs = isOfOwn(record) ? record.loginEndsAt : null
  if (endedAtMs !== null && endedAtMs <= nowMs)
    others.push({ state: 'sign-in', because: 'login-ended', since: endedAtMs })
  if (isOld && !isBackedUp && state !== 'off')
    others.push({ state: 'silent', because: 'no-news', since: record.at })
  return worst({ state, because, since }, ...others)
}

/** Does it sign with what ends, and not with something else? */
function isOfOwn({ credential }: HealthRecord): boolean {
  return credential === 'login' || credential === 'long-lived'
}

function stateOf({ verdict, because }: HealthRecord): FleetState {
  return verdict === 'ok' && because === 'off' ? 'off' : verdict
}

/** What the time of the last backup tells, where nothing else is known. */
function documentFinding({ updatedAtMs }: SeenDocument, { nowMs, silentAfterMs }: Clock): Finding {
  if (updatedAtMs === null) return { state: 'unknown', because: 'unreadable', since: null }
  if (isFuture(updatedAtMs, nowMs)) return { state: 'unknown', because: 'clock', since: null }
  return nowMs - updatedAtMs > silentAfterMs
    ? { state: 'silent', because: 'no-news', since: updatedAtMs }
    : { state: 'ok', because: 'backed-up', since: null }
}

/** The worst of them; of several, the first. */
function worst(first: Finding, ...others: readonly Finding[]): Finding {
  return others.reduce((known, next) => (isWorse(next.state, known.state) ? next : known), first)
}

function isFuture(atMs: number, nowMs: number): boolean {
  return atMs - nowMs > clockSkewMs
}

/** Is it the document of the host whose record has this key? */
function isOf(host: string, key: string): boolean {
  return key.split('/')[0] === recordKey(host)
}

/** When the newest was written; null where none tells. */
function newest(documents: readonly SeenDocument[], nowMs: number): number | null {
  const times = documents.flatMap(({ updatedAtMs }) =>
    updatedAtMs === null || isFuture(updatedAtMs, nowMs) ? [] : [updatedAtMs],
  )
  return times.length === 0 ? null : Math.max(...times)
}

function recordLine(
  user: string,
  { host, record }: SeenRecord,
  finding: Finding,
  { backedUpAtMs, nowMs }: { backedUpAtMs: number | null; nowMs: number },
): JudgedLogin {
  const line = blankLine(user, host, finding)
  if (typeof record === 'string') return { ...line, seenAt: backedUpAtMs }
  const { at, loginEndsAt, credential, custody, version } = record
  const signs = isFuture(at, nowMs) ? [] : [Math.min(at, nowMs)]
  if (backedUpAtMs !== null) signs.push(Math.min(backedUpAtMs, nowMs))
  const seenAt = signs.length === 0 ? null : Math.max(...signs)
  const isLongLived = finding.state === 'sign-in' && credential === 'long-lived'
  const toDo = isLongLived ? 'claude-auth login --long-lived' : line.toDo
  return { ...line, seenAt, loginEndsAt, credential, custody, version, toDo }
}

function documentLine(
  user: string,
  { host, updatedAtMs }: SeenDocument,
  finding: Finding,
  nowMs: number,
): JudgedLogin {
  const isKnown = updatedAtMs !== null && !isFuture(updatedAtMs, nowMs)
  const seenAt = isKnown ? Math.min(updatedAtMs, nowMs) : null
  return { ...blankLine(user, host, finding), seenAt }
}

function blankLine(user: string, host: string | null, finding: Finding): JudgedLogin {
  return {
    user,
    host,
    ...finding,
    seenAt: null,
    loginEndsAt: null,
    credential: null,
    custody: null,
    version: null,
    toDo: toDoOf(user, finding),
  }
}

function toDoOf(user: string, { state, because }: Finding): string | null {
  switch (state) {
    case 'sign-in':
    case 'never':
      return 'claude-auth login'
    case 'broken':
    case 'attention':
    case 'no-answer':
    case 'silent':
      return 'claude-auth doctor'
    case 'stranger':
      return offboarding(user)
    case 'unknown':
      return because === 'clock' ? 'timedatectl' : 'claude-auth ensure'
    default:
      return null
  }
}

/** Where the name is no plain one, nobody is told to type it. */
function offboarding(user: string): string {
  return /^[a-z0-9][a-z0-9._-]*$/.test(user)
    ? `claude-auth offboard ${user}`
    : 'claude-auth offboard'
}

/** Several lines of one host are one, the worst. */
function onePerHost(lines: readonly JudgedLogin[]): JudgedLogin[] {
  const ofHost = new Map<string | null, JudgedLogin>()
  for (const line of lines) {
    const known = ofHost.get(line.host)
    if (known === undefined || comesFirst(line, known)) ofHost.set(line.host, line)
  }
  return [...ofHost.values()]
}

/** Worse, or as bad and newer, or told apart by nothing but how it is written. */
function comesFirst(one: JudgedLogin, other: JudgedLogin): boolean {
  if (one.state !== other.state) return isWorse(one.state, other.state)
  const newer = (one.seenAt ?? -1) - (other.seenAt ?? -1)
  return newer === 0 ? JSON.stringify(one) < JSON.stringify(other) : newer > 0
}
