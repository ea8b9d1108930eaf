// The words of `claude-auth status --short`: one line for a prompt or a status bar.

import type { Outcome } from '../outcome.js'
import { cleanMiddle } from './clean.js'
import { dateTimeWords } from './duration-words.js'
import { signs } from './status-text.js'

export type ShortFacts = Pick<Outcome, 'verdict' | 'because' | 'expiresAt' | 'credential'> & {
  email: string | null
  signInCommand: string
}

/** No time in it depends on when it is read. */
export function shortLine(facts: ShortFacts, nowMs: number): string {
  const { verdict, because, expiresAt, credential } = facts
  const whose = facts.email === null ? 'Claude' : cleanMiddle(facts.email, 40)
  if (because === 'off') return 'claude-auth is switched off'
  if (because === 'not-ours') return `${signs.care} not your login`
  if (credential === 'other') return `${signs.care} another credential is used`
  if (because === 'signed-out') return `${signs.bad} signed out: claude-auth login`
  if (verdict === 'sign-in') return `${signs.bad} sign in: ${facts.signInCommand}`
  if (verdict === 'broken') return `${signs.bad} trouble: claude-auth ensure`
  if (verdict === 'no-answer') return `${signs.bad} ${whose}, no answer: claude-auth ensure`
  if (verdict === 'attention') return `${signs.care} ${whose}, needs care: claude-auth status`
  if (expiresAt === null) return `${signs.good} ${whose}, good`
  const end = dateTimeWords(expiresAt, nowMs).replace(' at ', ' ')
  // Where we only observe, nobody renewed it.
  if (expiresAt <= nowMs) return `${signs.care} ${whose}, ended ${end}`
  return `${signs.good} ${whose}, good until ${end}`
}
