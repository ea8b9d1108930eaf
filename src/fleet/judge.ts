// The state of each login, from the roster, the records and the documents; worst first. Pure.

import {
  type Clock,
  contentOf,
  documentFinding,
  type ExpectedUser,
  exemption,
  type Finding,
  foldedName,
  neverSeen,
  pastTime,
  recordFinding,
  type SeenDocument,
  type SeenRecord,
  worse,
} from './finding.js'
import { byNeed, type FoundLogin, type JudgedLogin, judgedLogin } from './judged-login.js'
import { type HealthRecord, recordKey } from './record.js'
import { type FleetState, isWorse, needsAction, perState } from './states.js'

export interface JudgeConfig {
  silentAfterMs: number
  /** Where records and documents come from; it decides which names they use. */
  source: 'vault' | 'homes'
  /** The names of those whom root has marked as left; of Vault the notes tell. */
  cut?: ReadonlySet<string>
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
  config: JudgeConfig,
): JudgedLogin[] {
  return findLogins(roster, records, documents, nowMs, config)
    .map(each => judgedLogin(each, nowMs))
    .sort(byNeed)
}

/** The same logins without details and order, for callers that show only a few of them. */
export function findLogins(
  roster: readonly ExpectedUser[] | null,
  records: readonly SeenRecord[],
  documents: readonly SeenDocument[],
  nowMs: number,
  { silentAfterMs, source, cut = nobody }: JudgeConfig,
): FoundLogin[] {
  const keyOf = (name: string) => (source === 'vault' ? foldedName(name) : name)
  const seen = seenByUser(records, documents, keyOf)
  const clock = { nowMs, silentAfterMs }
  const found: FoundLogin[] = []
  const listed = new Set<string>()
  for (const row of roster ?? []) {
    const key = keyOf(source === 'vault' ? row.vaultName : row.user)
    listed.add(key)
    const ofUser = seen.get(key) ?? nothing
    const isCut = cut.has(key)
    addLogins({ user: row.user, row, isStranger: false, isCut, ...ofUser }, clock, found)
  }
  for (const [user, { records, documents }] of seen)
    if (!listed.has(user)) {
      const isStranger = roster !== null
      const isCut = cut.has(user)
      addLogins({ user, row: null, isStranger, isCut, records, documents }, clock, found)
    }
  return found
}

interface SeenOfUser {
  records: SeenRecord[]
  documents: SeenDocument[]
}

const nobody: ReadonlySet<string> = new Set()
const nothing: SeenOfUser = { records: [], documents: [] }

function seenByUser(
  records: readonly SeenRecord[],
  documents: readonly SeenDocument[],
  keyOf: (name: string) => string,
): Map<string, SeenOfUser> {
  const users = new Map<string, SeenOfUser>()
  const of = (name: string): SeenOfUser => {
    const key = keyOf(name)
    let user = users.get(key)
    if (user === undefined) {
      user = { records: [], documents: [] }
      users.set(key, user)
    }
    return user
  }
  for (const each of records) of(each.user).records.push(each)
  for (const each of documents) of(each.user).documents.push(each)
  return users
}

/** How many users are in each state, by the worst of their logins; `counts`: what to add them to. */
export function countUsers(
  logins: readonly Pick<FoundLogin, 'user' | 'state'>[],
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

/** The verdict on all logins: a sign-in is needed, another action, or none. */
export function fleetVerdict(
  logins: readonly Pick<FoundLogin, 'state'>[],
): 'ok' | 'sign-in' | 'attention' {
  if (logins.some(({ state }) => state === 'sign-in')) return 'sign-in'
  return logins.some(({ state }) => needsAction(state)) ? 'attention' : 'ok'
}

interface Seen {
  user: string
  row: ExpectedUser | null
  isStranger: boolean
  isCut: boolean
  records: readonly SeenRecord[]
  documents: readonly SeenDocument[]
}

const notListed: Finding = { state: 'stranger', because: 'not-in-roster', since: null }

function addLogins(seen: Seen, clock: Clock, to: FoundLogin[]): void {
  const { user, row, isStranger, records, documents } = seen
  const { nowMs } = clock
  const isCut = seen.isCut || documents.some(each => each.isCut)
  const exempt = exemption(row, isCut, nowMs)
  if (exempt?.state === 'left') {
    to.push(...remainsOf(seen, exempt, nowMs))
    return
  }
  const findingOf = (said: Finding) => exempt ?? (isStranger ? worse(said, notListed) : said)
  const start = to.length
  const isAlone = records.every(({ host }) => host === records[0]?.host)
  for (const each of records) {
    const backedUpAtMs = newestOf(documents, each.host, { isAlone, nowMs })
    const finding = findingOf(recordFinding(each.record, backedUpAtMs, clock))
    to.push(withRecord(user, each, finding, { backedUpAtMs, nowMs }))
  }
  for (const each of documents) {
    const { host } = each
    const isKnown =
      host === null ? records.length > 0 : records.some(record => isOf(host, record.host))
    if (isKnown) continue
    to.push(withDocument(user, each, findingOf(documentFinding(each, clock)), nowMs))
  }
  if (to.length === start && row !== null) to.push(foundLogin(user, null, exempt ?? neverSeen))
  if (hasTwins(to, start)) to.push(...onePerHost(to.splice(start)))
}

/** Do two logins from `start` on have the same host? */
function hasTwins(logins: readonly FoundLogin[], start: number): boolean {
  for (let at = start + 1; at < logins.length; at++)
    for (let other = start; other < at; other++)
      if (logins[at]?.host === logins[other]?.host) return true
  return false
}

/** For a user who left: every record and document that still exists. What can't be looked at was not seen to exist. */
function remainsOf({ user, records, documents }: Seen, left: Finding, nowMs: number): FoundLogin[] {
  const ofRecord = { ...left, because: 'record-remains' }
  const ofDocument = { ...left, because: 'document-remains' }
  const remains = [
    ...records
      .filter(isSeen)
      .map(each => withRecord(user, each, ofRecord, { backedUpAtMs: null, nowMs })),
    ...documents.map(each => withDocument(user, each, ofDocument, nowMs)),
  ]
  return remains.length === 0 ? [foundLogin(user, null, left)] : onePerHost(remains)
}

function isSeen({ record }: SeenRecord): boolean {
  return record !== 'closed' && record !== 'no-directory'
}

/** Is it the document of the host whose record has this key? */
function isOf(host: string, key: string): boolean {
  return key.split('/')[0] === recordKey(host)
}

/** When this host's newest document with a login was written; null: not known. A document without a host belongs to a user with one host. */
function newestOf(
  documents: readonly SeenDocument[],
  key: string,
  { isAlone, nowMs }: { isAlone: boolean; nowMs: number },
): number | null {
  let newest: number | null = null
  for (const document of documents) {
    const { host, updatedAtMs } = document
    const isOfThis = host === null ? isAlone : isOf(host, key)
    if (isOfThis && contentOf(document, nowMs) === 'login')
      newest = later(newest, pastTime(updatedAtMs, nowMs))
  }
  return newest
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}

function withRecord(
  user: string,
  { host, record }: SeenRecord,
  finding: Finding,
  { backedUpAtMs, nowMs }: { backedUpAtMs: number | null; nowMs: number },
): FoundLogin {
  if (typeof record === 'string') return foundLogin(user, host, finding, backedUpAtMs)
  return foundLogin(user, host, finding, later(pastTime(record.at, nowMs), backedUpAtMs), record)
}

function withDocument(
  user: string,
  { host, updatedAtMs, newest }: SeenDocument,
  finding: Finding,
  nowMs: number,
): FoundLogin {
  const seenAt = newest === 'none' ? null : pastTime(updatedAtMs, nowMs)
  return foundLogin(user, host, finding, seenAt)
}

function foundLogin(
  user: string,
  host: string | null,
  { state, because, since }: Finding,
  seenAt: number | null = null,
  record: HealthRecord | null = null,
): FoundLogin {
  return { user, host, state, because, since, seenAt, record }
}

/** Keeps the worst login of each host. */
function onePerHost(logins: FoundLogin[]): FoundLogin[] {
  const ofHost = new Map<string | null, FoundLogin>()
  for (const login of logins) {
    const known = ofHost.get(login.host)
    if (known === undefined || comesFirst(login, known)) ofHost.set(login.host, login)
  }
  return [...ofHost.values()]
}

/** Worse, or as bad and newer; else any fixed order. */
function comesFirst(one: FoundLogin, other: FoundLogin): boolean {
  if (one.state !== other.state) return isWorse(one.state, other.state)
  const newer = (one.seenAt ?? -1) - (other.seenAt ?? -1)
  return newer === 0 ? JSON.stringify(one) < JSON.stringify(other) : newer > 0
}
