// One run of `ensure`: what it works with, and the memory it keeps.

import type { Network } from '../anthropic/http.js'
import type { Config } from '../config/config.js'
import type { Sealer } from '../login/answer.js'
import type { LockPlace } from '../login/client-locks.js'
import type { OtherCredential, StandInCredential } from '../login/credentials.js'
import { type Actor, appendJournal, type Deed } from '../login/journal.js'
import { fingerprint } from '../login/login.js'
import { type Memory, writeMemory } from '../login/memory.js'
import type { Step } from '../policy/outcome.js'
import type { LocalStore } from '../store/local.js'
import type { Store, StoreRead } from '../store/store.js'
import type { Env, LoginPaths } from '../system/paths.js'
import type { Person } from '../system/person.js'

/** Given by the command; `memory`, `asked` and `tried` change while the run goes on. */
export interface Run {
  config: Config
  person: Person
  paths: LoginPaths
  env: Env
  network: Network
  /** Null for `store: none`. */
  store: Store | null
  /** Seals for this user with the local store's key; the identity for `store: none`. */
  sealer: () => Promise<Sealer>
  /** The key of the sealed store: which one it is, and the store sealed anew with it. */
  key: Pick<LocalStore, 'keyPrint' | 'reseal'>
  actor: Actor
  /** Nobody but the effective user and root decides what home and login folder hold; else nothing in them is read. */
  owned: boolean
  /** Why not, as a sentence with what to type; null: owned, or plainly somebody else's. */
  distrust: string | null
  otherCredential: OtherCredential | null
  /** What may sign where the login can't. */
  standIn: StandInCredential | null
  forced: boolean
  offline: boolean
  /** A mere look: what is learnt stays in `memory`, and nothing is written anywhere. */
  readOnly: boolean
  /** Where the configuration is, and when we began to read it. */
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

  /** When a client met a 401 since the last run: what the server said before counts for nothing. */
  doubtedAtMs: number | null
  /** Somebody has just signed in: what we don't know in the file is that sign-in's. */
  signedIn: boolean
  /** Logins to MCP servers left the login file, which could not be read; where they are, the journal tells. */
  lostNeighbours?: boolean
  /** `mode: observe`: what would have been done; null: nothing. */
  would: Step | null

  memory: Memory
  /** What the store said in this run; null: not asked yet. */
  storeRead: StoreRead | null
  /** Why no TLS came about when the login server was asked, in words, with what to type. */
  tlsTrouble?: string
  /** Why custody was not taken although it is wanted, in words, with what to type. */
  custodyTrouble?: string
  /** Decisions already acted on. */
  tried: string[]
}

/** Changes the memory, durably unless the run is a mere look. */
export function commit(run: Run, change: Partial<Memory>) {
  run.memory = { ...run.memory, ...change }
  if (!run.readOnly) writeMemory(run.paths.stateFile, run.memory, run.nonce())
}

/** Writes down something that changed; `before` and `after` are token hashes. */
export function journal(
  run: Run,
  did: Deed,
  because: string,
  facts: { before?: string | null; after?: string | null; detail?: string } = {},
) {
  if (run.readOnly) return
  appendJournal(run.paths.journal, {
    at: new Date(run.now()).toISOString(),
    host: run.person.host,
    actor: run.actor,
    did,
    because,
    ...(facts.before ? { before: fingerprint(facts.before) } : {}),
    ...(facts.after ? { after: fingerprint(facts.after) } : {}),
    ...(facts.detail ? { detail: facts.detail } : {}),
  })
}
