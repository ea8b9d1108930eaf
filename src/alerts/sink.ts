// What sending alerts works with: sinks (the places that messages to people outside go to), their markup, and the part of an
// engine run. Types only.

import type { Network } from '../anthropic/http.js'
import type { SinkName } from '../config/alerts.js'
import type { Config } from '../config/config.js'
import type { Store, StoreRead } from '../store/store.js'
import type { Env } from '../system/paths.js'
import type { Trouble } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import type { AlertMemory, AlertMessage } from './memory.js'

/** Taken, or in plain words (without any secret) why not. */
export type SinkResult = { taken: true } | { taken: false; why: string }

export interface Sink {
  name: SinkName
  send(message: AlertMessage, limits: { timeoutMs: number }): Promise<SinkResult>
}

/** What each file in sinks/ exports under its name. */
export interface SinkFile {
  /** Null: the configuration does not name this sink. */
  open(run: SinkRun): Sink | null
  /** What doctor says of it without sending anything. Null: not configured. */
  inspect(run: Pick<SinkRun, 'config' | 'person'>): SinkState | null
}

export interface SinkState {
  /** Where messages go: `Slack`, `ops@example.com`. */
  to: string
  /** What would keep them from it; null: nothing. */
  trouble: Trouble | null
}

/** How a sink writes what its readers see: text from elsewhere made harmless, a command, a link. */
export interface Markup {
  /** `widest` columns at most. */
  text(foreign: string, widest: number): string
  /** A command of ours. */
  command(words: string): string
  /** `target` begins with `http://` or `https://`. */
  link(target: string): string
}

/** The user and host that a message is about. Text from elsewhere: each sink makes it harmless for its readers. */
export interface AlertContext {
  user: string
  host: string
  /** The e-mail to sign in with, where it is known. */
  email: string | null
  /** `alerts.runbook` of the configuration. */
  runbook: string | null
  /** What helps on that host; `claude-auth login` if not given. */
  command?: string
}

/** The part of an engine run that sending alerts needs; everything it learns goes back through `commit` and `journal`. */
export interface AlertRun {
  config: Pick<Config, 'alerts' | 'mode'>
  person: Pick<Person, 'user' | 'host' | 'uid'>
  env: Env
  network: Network
  /** Nothing may be sent. */
  offline: boolean
  /** Only the user and root can change what home and login folder hold. */
  owned: boolean
  /** Null for `store: none`. */
  store: Store | null
  /** The user a message is about, and what they should type. */
  context: AlertContext
  now: () => number
  /** Fresh hex digits. */
  nonce: () => string
  /** The memory of messages as it is now. */
  memory: () => AlertMemory
  /** Changes that memory, durably. */
  commit: (memory: AlertMemory) => void
  /** Writes down what became of the messages; `because` is a result, or `left` where another host tells. */
  journal: (because: string, detail: string) => void
  /** What the store said last in this run; null: not read yet. */
  storeRead: () => StoreRead | null
  /** The version of the document that this run has just written itself. */
  storeLearned: (read: StoreRead) => void
}

/** What a sink needs of it. */
export type SinkRun = Pick<AlertRun, 'person' | 'env' | 'network' | 'context'> & {
  config: Pick<Config, 'alerts'>
}
