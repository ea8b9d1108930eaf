// The words before Claude starts: what happened, since when, what to type. Nothing when all is well. At most
// six lines, each begins with `claude-auth: ` and fits 80 columns (a runbook's address excepted), no colour.

import { type SignInFacts, signInSentences } from '../alerts/sign-in-words.js'
import type { Step, Verdict } from '../policy/outcome.js'
import { isSignInReason, reasonWords } from '../policy/reasons.js'
import { clean } from '../text/clean.js'
import { spanWords } from '../text/durations.js'
import { linePrefix, say } from '../text/wrap.js'
import { type Note, noteLine } from './note-words.js'

/** What a launch says at most, the question at a prompt included. */
export const mostLines = 6

/** What the wrapper asks at a terminal; an empty answer means yes. */
export const promptQuestion = `${linePrefix}Sign in now? [Y/n] `

/** A launch that goes on before the renewal is through. */
export const lateLine = `${linePrefix}No answer from the login server yet; Claude starts, the renewal goes on.`

/** A launch that would end the whole login. */
export const unsavedLine = `${linePrefix}Claude was not started: with the old login it would sign you out.`

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
  if (facts.isClosed && facts.detail !== undefined) return [closedLine(facts.detail)]
  if (facts.verdict !== 'ok' || facts.because === 'own-trouble') {
    const detail = facts.detail ?? 'claude-auth could not check the login'
    return [noteLine({ say: 'own-trouble', detail }, facts.nowMs)]
  }
  return []
}

/** The command is what helps, so it is told whole. */
function closedLine(detail: string): string {
  const [what = '', command = 'claude-auth ensure'] = detail.split('; type: ')
  const sentence = clean(`${what.charAt(0).toUpperCase()}${what.slice(1)}`, 300)
  return `${linePrefix}${what.startsWith('/') ? clean(what, 300) : sentence}. Type: ${clean(command, 1_000)}`
}

function noAnswerLine(facts: ReportFacts): string {
  const { sinceMs, nowMs, notByClient, detail } = facts
  if (notByClient) return say('The client did not renew the login. Type: claude-auth ensure')
  if (detail?.startsWith('the certificate of '))
    return noteLine({ say: 'attention', detail }, nowMs)
  const since = sinceMs === null ? '' : ` for ${spanWords(sinceMs, nowMs)}`
  return say(
    `No answer from the server${since}. Type: claude-auth ensure`,
    'No answer from the login server. Type: claude-auth ensure',
  )
}

// All that the words of a launch are made of.

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
