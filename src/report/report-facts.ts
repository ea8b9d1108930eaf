// All that the words of a launch are made of.

import type { Step, Verdict } from '../outcome.js'
import type { Note } from './note-lines.js'
import type { SignInFacts } from './sign-in-text.js'

/** All that the lines of a launch are made of. Times in epoch milliseconds. */
export interface ReportFacts extends SignInFacts {
  verdict: Verdict
  because: Step['because']
  user: string
  host: string
  expiresAtMs: number | null
  /** A few plain words on the trouble, for `attention` and `own-trouble`: "the disk is full". */
  detail?: string
  /** The login file is there and may not be read; `detail` says whose it is and what to type. */
  isClosed?: boolean
  /** The client was asked to renew, and did not. */
  notByClient?: boolean
  notes?: Note[]
}
