// What a check finds, what would fix it, and what doctor may look at. No I/O.

import type { Verdict } from '../policy/outcome.js'
import type { Env } from '../system/paths.js'
import type { Words } from './words.js'

/** `note`: good to know. `warn`: works now, needs care. `fail`: does not work. */
export type CheckState = 'ok' | 'note' | 'warn' | 'fail'

/** Something safe that `--fix` can do, as a value: it is shown before it is done. */
export type Fix =
  | { do: 'chmod'; path: string; mode: number }
  | { do: 'remove-lock'; path: string; birthtimeMs: number }
  /** Our link in place of one that leads elsewhere. */
  | { do: 'relink'; path: string; target: string }
  | { do: 'onboarding'; path: string }
  /** One run of the engine, which renews, restores and stores as needed. */
  | { do: 'ensure' }

/** What a check finds; null: it does not apply here. */
export interface Finding {
  state: CheckState
  words: Words
  fixes?: Fix[]
}

/** One line of the report. */
export interface Check {
  id: string
  group: string
  state: CheckState
  message: string
  /** What to type or do; null where nothing is to be done. */
  hint: string | null
  /** Empty: nothing that we would do. */
  fixes: Fix[]
}

/** Where one of these fails, Claude or claude-auth does not start, or can't save what it gets. */
const breaking = ['config', 'client', 'disk', 'own-files', 'settings']

/** What the engine says stands; a check that needs care makes a good login `attention`. */
export function verdictOf(engine: Verdict, checks: readonly Check[]): Verdict {
  if (engine !== 'ok') return engine
  if (checks.some(({ id, state }) => state === 'fail' && breaking.includes(id))) return 'broken'
  return checks.some(({ state }) => state === 'warn' || state === 'fail') ? 'attention' : 'ok'
}

export function ok(message: string): Finding {
  return { state: 'ok', words: { message, hint: null } }
}

export function found(state: CheckState, words: Words, ...fixes: Fix[]): Finding {
  return { state, words, fixes }
}

/** Whose environment doctor looks at, from where, and what it may ask. */
export interface ExamineOptions {
  env: Env
  cwd: string
  offline: boolean
  /** Send a test message to every alert sink. */
  testAlert: boolean
}
