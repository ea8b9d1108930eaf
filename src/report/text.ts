// The words before Claude starts: what happened, since when, what to type. Nothing when all is well. At most
// six lines, each begins with `claude-auth: ` and fits 80 columns (a runbook's address excepted), no colour.

import { clean } from './clean.js'
import { spanWords } from './duration-words.js'
import { linePrefix, say } from './line.js'
import { noteLine } from './note-lines.js'
import { isSignInReason, reasonWords } from './reason-words.js'
import type { ReportFacts } from './report-facts.js'
import { signInSentences } from './sign-in-text.js'

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
