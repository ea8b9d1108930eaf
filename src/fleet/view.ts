// The view of all logins: judged as they are read, and kept worst first.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import {
  contentOf,
  type ExpectedUser,
  foldedName,
  type SeenDocument,
  type SeenRecord,
} from './finding.js'
import { countUsers, findLogins, fleetVerdict, type JudgeConfig } from './judge.js'
import { byNeed, type FoundLogin, type JudgedLogin, judgedLogin } from './judged-login.js'
import { compareNames } from './listing-text.js'
import { type FleetState, fleetStates, perState } from './states.js'
import { seenInVault, type VaultBatch } from './vault-records.js'

export interface FleetView {
  /** When it was made. */
  atMs: number
  source: JudgeConfig['source']
  verdict: ReturnType<typeof fleetVerdict>
  /** How many users are in each state, by the worst of their logins. */
  counts: Readonly<Record<FleetState, number>>
  /** How many logins count as well only because of a recent backup. */
  backedUpOnly: number
  /** The logins that are kept, by state, each in the order of the users' names. */
  logins: Readonly<Record<FleetState, readonly JudgedLogin[]>>
  /** User → when their newest document was written, by the server's clock. Empty for homes. */
  backedUpAtMs: ReadonlyMap<string, number>
}

/** `roster` null: it is not known who is expected. */
export interface LookRules {
  roster: readonly ExpectedUser[] | null
  nowMs: number
  silentAfterMs: number
  /** As in `JudgeConfig`. */
  cut?: ReadonlySet<string>
  /** Which logins are kept by name: the others are only counted. All, if not given. */
  keeps?: (login: Pick<FoundLogin, 'state' | 'because'>) => boolean
  /** Whether `backedUpAtMs` is filled. Default: true. */
  keepsBackups?: boolean
}

/** Of all records of this machine. */
export function viewOfHomes(records: readonly SeenRecord[], rules: LookRules): FleetView {
  const view = emptyView('homes', rules.nowMs)
  view.add(rules.roster, records, [], rules)
  return view.done()
}

/** Of all records and documents in Vault; `tick` gets the number of logins so far. Trouble: there is no view. */
export async function viewOfVault(
  vault: SiteVault,
  recordsFolder: string,
  rules: LookRules,
  tick: (logins: number) => void = () => undefined,
): Promise<FleetView | StoreTrouble> {
  const view = emptyView('vault', rules.nowMs)
  let waiting = rules.roster
  // Paths are case-sensitive and sort capitals first: a name with capitals waits for the rest of its user.
  let early: Pick<VaultBatch, 'records' | 'documents'> = { records: [], documents: [] }
  for await (const batch of seenInVault(vault, recordsFolder)) {
    if ('kind' in batch) return batch
    const { upTo } = batch
    const isDue = (name: string) => upTo === null || compareNames(foldedName(name), upTo) <= 0
    const [due, later] = split(waiting ?? [], ({ vaultName }) => isDue(vaultName))
    const [records, earlyRecords] = split([...early.records, ...batch.records], ({ user }) =>
      isDue(user),
    )
    const [documents, earlyDocuments] = split(
      [...early.documents, ...batch.documents],
      ({ user }) => isDue(user),
    )
    early = { records: earlyRecords, documents: earlyDocuments }
    tick(view.add(waiting && due, records, documents, rules))
    waiting &&= later
  }
  return view.done()
}

/** Those for whom `isFirst` holds, and the others. */
function split<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  const [first, others]: [T[], T[]] = [[], []]
  for (const each of all) (isFirst(each) ? first : others).push(each)
  return [first, others]
}

function emptyView(source: JudgeConfig['source'], atMs: number) {
  const counts = perState(() => 0)
  const logins = perState((): JudgedLogin[] => [])
  const backedUpAtMs = new Map<string, number>()
  const met = new Set<FleetState>()
  let backedUpOnly = 0
  let total = 0
  const noteBackups = (roster: LookRules['roster'], documents: readonly SeenDocument[]) => {
    const users = new Map(roster?.map(row => [foldedName(row.vaultName), row.user]))
    for (const document of documents) {
      const { updatedAtMs } = document
      const key = foldedName(document.user)
      const name = users.get(key) ?? key
      if (updatedAtMs !== null && contentOf(document, atMs) === 'login')
        backedUpAtMs.set(name, Math.max(updatedAtMs, backedUpAtMs.get(name) ?? 0))
    }
  }
  return {
    /** Judges complete users, each once; returns the number of logins so far. */
    add: (
      roster: LookRules['roster'],
      records: readonly SeenRecord[],
      documents: readonly SeenDocument[],
      { nowMs, silentAfterMs, cut, keeps = () => true, keepsBackups = true }: LookRules,
    ): number => {
      const config = { silentAfterMs, source, ...(cut && { cut }) }
      const found = findLogins(roster, records, documents, nowMs, config)
      countUsers(found, counts)
      for (const login of found) {
        met.add(login.state)
        if (login.because === 'backed-up') backedUpOnly += 1
        if (keeps(login)) logins[login.state].push(judgedLogin(login, nowMs))
      }
      if (keepsBackups) noteBackups(roster, documents)
      total += found.length
      return total
    },
    done: (): FleetView => {
      const verdict = fleetVerdict([...met].map(state => ({ state })))
      for (const state of fleetStates) logins[state].sort(byNeed)
      return { atMs, source, verdict, counts, backedUpOnly, logins, backedUpAtMs }
    },
  }
}

/** Only the logins in one state; the counts stay those of all. */
export function onlyState(view: FleetView, state: FleetState): FleetView {
  const logins = perState((): readonly JudgedLogin[] => [])
  logins[state] = view.logins[state]
  return { ...view, logins, verdict: fleetVerdict(view.logins[state].slice(0, 1)) }
}

/** All logins, worst first. */
export function* loginsOf({ logins }: FleetView): Generator<JudgedLogin> {
  for (const state of fleetStates) yield* logins[state]
}
