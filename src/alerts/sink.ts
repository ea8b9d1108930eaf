// A sink: a place that messages to people outside go to.

import type { SinkName } from '../config/alerts.js'
import type { Trouble } from '../system/trouble.js'
import type { AlertMessage } from './memory.js'
import type { SinkRun } from './run.js'

/** Taken, or in plain words (without any secret) why not. */
export type SinkAnswer = { taken: true } | { taken: false; why: string }

export interface Sink {
  name: SinkName
  send(message: AlertMessage, limits: { timeoutMs: number }): Promise<SinkAnswer>
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
