// The words before Claude starts: what happened, since when, what to type. Nothing when all is well. At most
// six lines, each begins with `claude-auth: ` and fits 80 columns (a runbook's address excepted), no colour.

import type { Step, Verdict } from '../outcome.js'
import { durationWords } from './duration-words.js'
import { linePrefix, type Note, noteLine, say } from './note-lines.js'
import { isSignInReason, reasonWords } from './reason-words.js'
import { signInSentences } from './sign-in-text.js'

export { linePrefix, type Note, noteLine } from './note-lines.js'

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
  /** A new long-lived token is what helps. */
  longLived?: boolean
  /** The client was asked to renew, and did not. */
  notByClient?: boolean
  notes?: Note[]
}

/** What a launch says at most, the question at a prompt included. */
export const mostLines = 6

/** What the wrapper asks at a terminal; an empty answer means yes. */
export const promptQuestion = `${linePrefix}Sign in now? [Y/n] `

/** A launch that goes on before the renewal is through. */
export const lateLine = `${linePrefix}No answer from the login server yet; Claude starts, the renewal goes on.`

/** The lines of a launch, for stderr; none when there is nothing a person needs to know. */
export function launchLines(facts: ReportFacts): string[] {
  const notes = (facts.notes ?? []).map(note => noteLine(note, facts.nowMs))
  return [...verdictLines(facts), ...notes].slice(0, mostLines)
}

function verdictLines(facts: ReportFacts): string[] {
  if (facts.verdict === 'sign-in' && isSignInReason(facts.because)) {
    return signInSentences(facts, facts.because).map(options => say(...options))
  }
  if (facts.verdict === 'no-answer') return [noAnswerLine(facts)]
  if (facts.verdict === 'attention') {
    const detail = facts.detail ?? reasonWords(facts.because)
    return [noteLine({ say: 'attention', detail }, facts.nowMs)]
  }
  if (facts.verdict !== 'ok' || facts.because === 'own-trouble') {
    const detail = facts.detail ?? 'claude-auth could not check the login'
    return [noteLine({ say: 'own-trouble', detail }, facts.nowMs)]
  }
  return []
}

function noAnswerLine({ sinceMs, nowMs, notByClient }: ReportFacts): string {
  if (notByClient) return say('The client did not renew the login. Type: claude-auth ensure')
  const since = sinceMs === null ? '' : ` for ${durationWords(nowMs - sinceMs)}`
  return say(
    `No answer from the server${since}. Type: claude-auth ensure`,
    'No answer from the login server. Type: claude-auth ensure',
  )
}
