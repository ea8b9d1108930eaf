// The words of `claude-auth logout`: one line for each step.

import { clean, cleanMiddle } from './clean.js'
import { dateWords } from './duration-words.js'
import type { Ink } from './ink.js'

type State = 'done' | 'nothing' | 'later' | 'failed'

export interface LogoutFacts {
  email: string | null
  server: State
  file: State
  store: State
  account: State
  storeKind: 'local' | 'vault' | 'none'
  /** Why something failed. */
  trouble: string | null
  /** When what the server was not told ends by itself. */
  endsAtMs: number | null
  nowMs: number
}

/** The lines, for stdout: what was done, what is left for later, what to type to come back. */
export function logoutLines(facts: LogoutFacts, ink: Ink): string[] {
  const states = [facts.server, facts.file, facts.store, facts.account]
  if (states.every(state => state === 'nothing'))
    return ['You were signed out already; nothing had to be changed.', comeBack]
  const whose = facts.email === null ? '' : ` ${cleanMiddle(facts.email, 60)}`
  const steps = [
    line('done', 'marked: nothing puts this login back', ink),
    line(facts.server, serverWords(facts), ink),
    line(facts.file, fileWords(facts), ink),
    line(facts.store, storeWords(facts), ink),
    line(facts.account, accountWords(facts), ink),
  ]
  const isOut = facts.file !== 'failed'
  return [
    ...steps.filter(step => step !== null),
    isOut ? `Signed out${whose}. ${comeBack}` : 'Not signed out. Type: claude-auth logout',
  ]
}

const comeBack = 'To sign in again, type: claude-auth login'

function line(state: State, words: string, ink: Ink): string | null {
  if (state === 'nothing') return null
  if (state === 'done') return `${ink.good('✓')} ${words}`
  return state === 'later'
    ? `${ink.care('!')} later: ${words}`
    : `${ink.bad('✗')} not done: ${words}`
}

function serverWords({ server, endsAtMs, nowMs }: LogoutFacts): string {
  if (server === 'done') return 'ended at the server'
  if (server === 'later') return 'the server gave no answer; it is told by a later run'
  const end = endsAtMs === null ? '' : ` on ${dateWords(endsAtMs, nowMs)}`
  return `the server gave no answer; the login ends there by itself${end}`
}

function fileWords({ file, trouble }: LogoutFacts): string {
  return file === 'failed'
    ? `the login file could not be changed (${clean(trouble ?? '', 300)})`
    : 'taken out of the login file; all else in it stays'
}

function storeWords({ store, storeKind }: LogoutFacts): string {
  const place = storeKind === 'vault' ? 'Vault' : 'the sealed store'
  if (store === 'done') return `taken out of ${place}`
  return `${place} could not be told; that is done by a later run`
}

function accountWords({ account, trouble }: LogoutFacts): string {
  return account === 'failed'
    ? `Claude's own note of the account stays (${clean(trouble ?? '', 300)})`
    : "Claude's own note of the account is gone"
}
