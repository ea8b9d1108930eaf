// The judgment: what the roster, the records and the documents say of each login, worst first. Pure.

import {
  type Clock,
  documentFinding,
  type ExpectedUser,
  exemption,
  type Finding,
  pastTime,
  recordFinding,
  type SeenDocument,
  type SeenRecord,
  signInEnd,
  worse,
} from './finding.js'
import { type FleetState, isWorse, needsAction, perState, rankOf } from './fleet-state.js'
import { type HealthRecord, recordKey } from './record.js'

export interface JudgeConfig {
  silentAfterMs: number
  /** Where records and documents come from, and so which names they bear. */
  source: 'vault' | 'homes'
}

/** One login on one host. Times are epoch milliseconds. */
export interface JudgedLogin extends Finding {
  user: string
  /** Null where no host is known. It can be any text. */
  host: string | null
  /** The newest sign of life. */
  seenAt: number | null
  loginEndsAt: number | null
  credential: HealthRecord['credential'] | null
  custody: HealthRecord['custody'] | null
  version: string | null
  /** The command that helps, for the user on that host, or for the admin where it names the user; null: there is nothing to do. */
  toDo: string | null
}

/**
 * Every login that is expected or was seen, worst first: one line for each host of a user, and one for a user of whom no
 * host is known. Total, and independent of the order of its input. `roster`: the users whom this source should know; null:
 * there is no roster, so no user is a stranger or missing.
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
  const clock = { nowMs, silentAfterMs }
  const found: JudgedLogin[] = []
  const add = (key: string, about: Pick<Seen, 'user' | 'row' | 'isStranger'>) => {
    const seen = { records: recordsOf.get(key) ?? [], documents: documentsOf.get(key) ?? [] }
    found.push(...linesOf({ ...about, ...seen }, clock))
  }
  for (const row of roster ?? []) {
    const key = keyOf(source === 'vault' ? row.vaultName : row.user)
    unlisted.delete(key)
    add(key, { user: row.user, row, isStranger: false })
  }
  for (const key of unlisted) add(key, { user: key, row: null, isStranger: roster !== null })
  return found.sort(byNeed)
}

/** How many users are in each state, by the worst of their logins; `counts`: what to add them to. */
export function countUsers(
  logins: readonly JudgedLogin[],
  counts: Record<FleetState, number> = perState(() => 0),
): Record<FleetState, number> {
  const worst = new Map<string, FleetState>()
  for (const { user, state } of logins) {
    const known = worst.get(user)
    if (known === undefined || isWorse(state, known)) worst.set(user, state)
  }
  for (const state of worst.values()) counts[state] += 1
  return counts
}

/** What all logins come to: a sign-in is needed, another action is, or none. */
export function fleetVerdict(logins: readonly JudgedLogin[]): 'ok' | 'sign-in' | 'attention' {
  if (logins.some(({ state }) => state === 'sign-in')) return 'sign-in'
  return logins.some(({ state }) => needsAction(state)) ? 'attention' : 'ok'
}

function byNeed(one: JudgedLogin, other: JudgedLogin): number {
  return (
    rankOf(one.state) - rankOf(other.state) ||
    compare(one.user, other.user) ||
    compare(one.host ?? '', other.host ?? '') ||
    // Two rows with one name: any fixed order will do.
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
    const key = keyOf(each.user)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
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

const neverSeen: Finding = { state: 'never', because: 'no-record', since: null }
const notListed: Finding = { state: 'stranger', because: 'not-in-roster', since: null }

function linesOf(seen: Seen, clock: Clock): JudgedLogin[] {
  const { user, row, isStranger, records, documents } = seen
  const { nowMs } = clock
  const exempt = exemption(row, documents, nowMs)
  if (exempt?.state === 'left') return remainsOf(seen, exempt, nowMs)
  const found = (finding: Finding) => exempt ?? (isStranger ? worse(finding, notListed) : finding)
  const isAlone = records.every(({ host }) => host === records[0]?.host)
  const lines = records.map(each => {
    const ofHost = documents.filter(({ host }) => (host === null ? isAlone : isOf(host, each.host)))
    const backedUpAtMs = newest(ofHost, nowMs)
    return recordLine(user, each, found(recordFinding(each.record, backedUpAtMs, clock)), {
      backedUpAtMs,
      nowMs,
    })
  })
  for (const each of documents) {
    const { host } = each
    const isKnown =
      host === null ? records.length > 0 : records.some(record => isOf(host, record.host))
    if (!isKnown) lines.push(documentLine(user, each, found(documentFinding(each, clock)), nowMs))
  }
  if (lines.length > 0 || row === null) return onePerHost(lines)
  return [lineOf(user, null, exempt ?? neverSeen)]
}

/** For a user who left: what is still there, by name. */
function remainsOf(
  { user, records, documents }: Seen,
  left: Finding,
  nowMs: number,
): JudgedLogin[] {
  const ofRecord = { ...left, because: 'record-remains' }
  const ofDocument = { ...left, because: 'document-remains' }
  const remains = [
    ...records.map(each => recordLine(user, each, ofRecord, { backedUpAtMs: null, nowMs })),
    ...documents.map(each => documentLine(user, each, ofDocument, nowMs)),
  ]
  const toDo = offboarding(user)
  if (remains.length === 0) return [lineOf(user, null, left)]
  return onePerHost(remains.map(each => ({ ...each, toDo })))
}

/** Is it the document of the host whose record has this key? */
function isOf(host: string, key: string): boolean {
  return key.split('/')[0] === recordKey(host)
}

/** When the newest was written; null where none tells. */
function newest(documents: readonly SeenDocument[], nowMs: number): number | null {
  return documents.reduce<number | null>(
    (known, { updatedAtMs }) => later(known, pastTime(updatedAtMs, nowMs)),
    null,
  )
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}

function recordLine(
  user: string,
  { host, record }: SeenRecord,
  finding: Finding,
  { backedUpAtMs, nowMs }: { backedUpAtMs: number | null; nowMs: number },
): JudgedLogin {
  if (typeof record === 'string') return lineOf(user, host, finding, backedUpAtMs)
  return lineOf(user, host, finding, later(pastTime(record.at, nowMs), backedUpAtMs), {
    record,
    nowMs,
  })
}

function documentLine(
  user: string,
  { host, updatedAtMs }: SeenDocument,
  finding: Finding,
  nowMs: number,
): JudgedLogin {
  return lineOf(user, host, finding, pastTime(updatedAtMs, nowMs))
}

function lineOf(
  user: string,
  host: string | null,
  finding: Finding,
  seenAt: number | null = null,
  said: { record: HealthRecord; nowMs: number } | null = null,
): JudgedLogin {
  const { state, because, since } = finding
  return {
    user,
    host,
    state,
    because,
    since,
    seenAt,
    loginEndsAt: said && signInEnd(said.record, said.nowMs),
    credential: said?.record.credential ?? null,
    custody: said?.record.custody ?? null,
    version: said?.record.version ?? null,
    toDo: toDoOf(user, finding, said?.record.credential === 'long-lived'),
  }
}

function toDoOf(user: string, { state, because }: Finding, isLongLived: boolean): string | null {
  switch (state) {
    case 'sign-in':
      return isLongLived ? 'claude-auth login --long-lived' : 'claude-auth login'
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

/** A name that is not plain is not put into a command. */
function offboarding(user: string): string {
  return /^[a-z0-9][a-z0-9._-]*$/.test(user)
    ? `claude-auth offboard ${user}`
    : 'claude-auth offboard'
}

/** Several lines of one host are one, the worst. */
function onePerHost(lines: JudgedLogin[]): JudgedLogin[] {
  if (lines.length < 2) return lines
  const ofHost = new Map<string | null, JudgedLogin>()
  for (const line of lines) {
    const known = ofHost.get(line.host)
    if (known === undefined || comesFirst(line, known)) ofHost.set(line.host, line)
  }
  return [...ofHost.values()]
}

/** Worse, or as bad and newer; else any fixed order. */
function comesFirst(one: JudgedLogin, other: JudgedLogin): boolean {
  if (one.state !== other.state) return isWorse(one.state, other.state)
  const newer = (one.seenAt ?? -1) - (other.seenAt ?? -1)
  return newer === 0 ? JSON.stringify(one) < JSON.stringify(other) : newer > 0
}
