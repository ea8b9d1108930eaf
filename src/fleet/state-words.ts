// The words of the states, everywhere the same.

import { ownReasons } from './finding.js'
import type { FleetState } from './fleet-state.js'
import type { JudgedLogin } from './judged-login.js'

/** As a heading, and as what is said of one login. */
export const stateWords: Readonly<Record<FleetState, { heading: string; word: string }>> = {
  broken: { heading: 'Broken', word: 'broken' },
  'sign-in': { heading: 'A sign-in is needed', word: 'sign in' },
  'no-answer': { heading: 'No answer from the login server', word: 'no answer' },
  attention: { heading: 'Needs attention', word: 'attention' },
  stranger: { heading: 'Not in the roster', word: 'not in the roster' },
  silent: { heading: 'Silent', word: 'silent' },
  never: { heading: 'Never heard of', word: 'never heard of' },
  unknown: { heading: "Can't be told", word: "can't be told" },
  ok: { heading: 'Well', word: 'well' },
  parked: { heading: 'Parked', word: 'parked' },
  off: { heading: 'Switched off', word: 'switched off' },
  left: { heading: 'Left', word: 'left' },
}

/** Reason → its words as part of a sentence. */
export type ReasonWords = Readonly<Record<string, string>>

/** Those of this view, and `ofRuns` for what a run says. */
export function reasonsWith(ofRuns: ReasonWords): ReasonWords {
  return { ...ofRuns, ...ownReasons }
}

/** A reason of a newer version is told by its word. */
export function reasonOf({ because }: Pick<JudgedLogin, 'because'>, reasons: ReasonWords): string {
  return (Object.hasOwn(reasons, because) ? reasons[because] : undefined) ?? because
}

/** What is to be known of where all this comes from. */
export const sourceWords = {
  vault: 'What a record says, its user wrote; nobody can write that of another user.',
  homes: 'What a record says, its user wrote; only homes of this machine were looked at.',
} as const
