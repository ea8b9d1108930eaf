// The part of an engine run that sending alerts needs; everything it learns goes back through `commit` and `journal`.

import type { Network } from '../anthropic/http.js'
import type { Config } from '../config/config.js'
import type { Store, StoreRead } from '../store/store.js'
import type { Env } from '../system/paths.js'
import type { Person } from '../system/users.js'
import type { AlertMemory } from './memory.js'
import type { AlertContext } from './message.js'

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
