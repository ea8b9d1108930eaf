// One run of `ensure`: what it works with, and `commit`, the only way to change what it knows, remembers or writes down.

import type { Network } from '../anthropic/http.js'
import type { Config } from '../config/config.js'
import type { Sealer } from '../login/answer.js'
import type { LockPlace } from '../login/client-locks.js'
import type { OtherCredential, StandInCredential } from '../login/credentials.js'
import { type Actor, appendJournal, type Deed } from '../login/journal.js'
import { fingerprint } from '../login/login.js'
import { type Memory, readMemory, writeMemory } from '../login/memory.js'
import type { AlertResult, Step } from '../policy/outcome.js'
import type { LocalStore } from '../store/local.js'
import type { Store, StoreRead } from '../store/store.js'
import type { Env, LoginPaths } from '../system/paths.js'
import type { Trouble } from '../system/trouble.js'
import type { Person } from '../system/users.js'

/** Deeply read-only. */
type Immutable<T> = T extends (...given: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T

/** Constant for the whole run. */
interface Given {
  person: Person
  paths: LoginPaths
  env: Env
  network: Network
  /** Null for `store: none`. */
  store: Store | null
  /** Seals for this user with the local store's key; the identity for `store: none`. */
  sealer: () => Promise<Sealer>
  /** The key of the sealed store: which one it is, and the store sealed again with it. */
  key: Pick<LocalStore, 'keyDigest' | 'reseal'>
  actor: Actor
  /** Only the effective user and root decide what home and login folder hold; else nothing in them is read. */
  owned: boolean
  /** Why not; null: owned, or plainly another user's. */
  distrust: Trouble | null
  otherCredential: OtherCredential | null
  /** What may sign where the login can't. */
  standIn: StandInCredential | null
  forced: boolean
  /** Only looks: what is learned stays in this run, and nothing is written anywhere. */
  readOnly: boolean
  /** Where the configuration is, and when reading it began. */
  configFiles: { systemConfig: string; userConfig: string; configReadAtMs: number }
  /** The real client, where one was found. */
  client: string | null
  /** It was chosen for this run only, by `$CLAUDE_AUTH_CLIENT` or as the one given to claude-wrap. */
  isClientChosen: boolean
  locks: LockPlace
  now: () => number
  sleep: (ms: number) => Promise<unknown>
  /** Fresh hex digits. */
  nonce: () => string
  /** Names this login folder among those that use a shared document, as long as the memory has no name for it. */
  instance: string
  /** Between 0 and 1. */
  random: () => number
  /** The user has just signed in: an unknown login in the file is from that sign-in. */
  signedIn: boolean
}

/** Facts of this run only: none is kept when it ends. */
interface Learned {
  /** The configuration in force; a caller may adjust it inside the gate, before the first turn. */
  config: Config
  /** No network: `--offline`, or the server has just given no answer. */
  offline: boolean
  /** When a client met a 401 since the last run: what the server said before counts for nothing. */
  doubtedAtMs: number | null
  /** What the store said in this run; null: not asked yet, or to be asked again. */
  storeRead: StoreRead | null
  /** Decisions already acted on. */
  tried: string[]
  /** `mode: observe`: what would have been done; null: nothing. */
  would: Step | null
  /** What became of the alerts so far. */
  alert: AlertResult
  /** Logins to MCP servers left the login file, which could not be read; the journal tells where they are. */
  lostNeighbours: boolean
  /** Why the TLS connection to the login server failed. */
  tlsTrouble: Trouble | null
  /** Why custody was not taken although it is wanted. */
  custodyTrouble: Trouble | null
}

/** The context of acts. Nothing in it can be assigned: what an act learns goes through `commit`. */
export interface Run extends Readonly<Given>, Immutable<Learned> {
  readonly memory: Immutable<Memory>
}

/** What an act has learned or done. Members that are not given stay as they are. */
export interface Change {
  /** Members of `state.json`: on disk before `commit` returns. */
  memory?: Immutable<Partial<Memory>>
  /** The same for what is not worth a write of its own: it reaches the disk with the next one. */
  unsaved?: Immutable<Partial<Memory>>
  /** Facts for the rest of this run. */
  learned?: Immutable<Partial<Learned>>
  /** One line of the journal, appended after the memory is on disk. `before` and `after` are token hashes. */
  journal?: {
    did: Deed
    because: string
    before?: string | null
    after?: string | null
    detail?: string
  }
}

/**
 * Takes in what was learned. Only this changes memory (but for `reloadMemory`), journal and run; a run that is `readOnly` keeps
 * it to itself. Throws `AuthError` where the memory can't be written; a journal that can't be is no error.
 */
export function commit(run: Run, { memory, unsaved, learned, journal }: Change): void {
  Object.assign(run, learned)
  if (memory ?? unsaved) setMemory(run, { ...run.memory, ...unsaved, ...memory })
  if (run.readOnly) return
  if (memory) writeMemory(run.paths.stateFile, run.memory, run.nonce())
  if (journal) append(run, journal)
}

/** Besides `commit`, all that sets the memory: after waiting for a lock, it is read again, as another process may have written it. */
export function reloadMemory(run: Run): void {
  setMemory(run, readMemory(run.paths.stateFile))
}

function setMemory(run: { memory: Run['memory'] }, memory: Run['memory']): void {
  run.memory = memory
}

function append(
  { paths, person, actor, now }: Run,
  { did, because, before, after, detail }: NonNullable<Change['journal']>,
): void {
  appendJournal(paths.journal, {
    at: new Date(now()).toISOString(),
    host: person.host,
    actor,
    did,
    because,
    ...(before ? { before: fingerprint(before) } : {}),
    ...(after ? { after: fingerprint(after) } : {}),
    ...(detail ? { detail } : {}),
  })
}
