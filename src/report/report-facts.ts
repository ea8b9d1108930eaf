// All that the words of a launch are made of.

import type { Step, Verdict } from '../outcome.js'
import type { Note } from './note-lines.js'

/** Whose login: both may be unknown. Text from elsewhere, cleaned here. */
export interface Whose {
  email: string | null
  organization: string | null
}

/** All that the lines of a launch are made of. Times in epoch milliseconds. */
export interface ReportFacts {
  verdict: Verdict
  because: Step['because']
  /** When it began: the sign-in ended, the server fell silent… */
  sinceMs: number | null
  nowMs: number
  expected: Whose
  actual: Whose
  user: string
  host: string
  /** `alerts.runbook` of the configuration. */
  runbook: string | null
  loginEndsAtMs: number | null
  expiresAtMs: number | null
  /** A few plain words on the trouble, for `attention` and `own-trouble`: "the disk is full". */
  detail?: string
  /** `onSignInRequired: fail`: Claude does not start. */
  launchStopped?: boolean
  /** Another account of the same organisation, told apart by its UUID only. */
  otherAccount?: boolean
  /** Why the login file that is there can't be used, in a few words; empty: it can, or there is none. */
  unreadable?: string
  /** The login file is there and may not be read; `detail` says whose it is and what to type. */
  isClosed?: boolean
  /** A new long-lived token is what helps. */
  longLived?: boolean
  /** The client was asked to renew, and did not. */
  notByClient?: boolean
  notes?: Note[]
}
