// The words of `claude-auth ensure` for a person.

import type { Outcome, Step } from '../policy/outcome.js'
import { reasonWords } from '../policy/outcome.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { clean, cleanMiddle } from '../text/clean.js'
import { dateTimeWords, spanWords } from '../text/durations.js'
import { linePrefix } from '../text/terminal.js'
import { isNetworkTrouble, troubleText } from '../text/trouble.js'
import { alertFailedSentence, wouldWords } from './launch-words.js'

/** A command to type stands at the end of a trouble, with the paths of files in it. */
const longest = 1_000

/** The trouble of `renewal.via: client`, shown instead of a server without an answer. */
export const notByClientTrouble = makeTrouble('the client did not renew the login when asked to')

/** What the outcome itself does not say. */
export interface MoreToSay {
  /** Why a message to the people outside was not taken. */
  alertTrouble?: Trouble | null
  /** What `mode: observe` would have done. */
  would?: Step | null
  /** What helps where a sign-in is needed; `claude-auth login` if not given. */
  signInCommand?: string
}

const done: Partial<Record<Step['do'], string>> = {
  renew: 'renewed',
  restore: 'put back from the store',
  verify: 'checked',
  'back-up': 'stored',
}

/**
 * One to three lines on what a run of `ensure` found and did, for stdout. No prefix, no color. What
 * needs care stands in `trouble`.
 */
export function ensureLines(
  outcome: Outcome,
  nowMs: number,
  trouble: Trouble | null,
  { alertTrouble = null, would = null, signInCommand = 'claude-auth login' }: MoreToSay = {},
): string[] {
  const lines = [
    foundLine(outcome, nowMs, trouble),
    would === null
      ? nextLine(outcome, trouble, signInCommand)
      : `${wouldWords(would)}: ${reasonWords[would.because]}.`,
    leftLine(outcome, alertTrouble),
  ]
  return lines.filter(line => line !== null)
}

/** Who has to sign in and why, in one line for the journal of a service manager; null: no sign-in is needed. */
export function signInJournalLine(
  { verdict, because, identity }: Outcome,
  { user, profile, email }: { user: string; profile: string | null; email: string | null },
  signInCommand: string,
): string | null {
  if (verdict !== 'sign-in') return null
  const name = clean(user, 60)
  const mail = email ?? identity?.email ?? null
  const whose = mail === null ? name : `${name} (${clean(mail, 80)})`
  const where = profile === null ? '' : ` to profile ${clean(profile, 40)}`
  return `${linePrefix}${whose} needs to sign in${where}: ${reasonWords[because]}; as ${name}: ${signInCommand}`
}

/** A login that is left alone, in a few words; the trouble names the place and what to type. */
export const leftAloneWords = 'This home or login folder is not yours alone'

function foundLine(outcome: Outcome, nowMs: number, trouble: Trouble | null): string {
  const { verdict, because } = outcome
  if (verdict === 'sign-in') return `A sign-in is needed: ${reasonWords[because]}.`
  if (verdict === 'no-answer')
    return trouble === notByClientTrouble
      ? 'The client did not renew the login; it is as it was.'
      : trouble && isNetworkTrouble(trouble)
        ? `The login server was not asked: ${clean(troubleText(trouble), longest)}`
        : 'The login server gave no answer; the login is as it was.'
  if (verdict === 'broken') return `claude-auth could not do its work: ${reasonWords[because]}.`
  if (because === 'maybe-copied')
    return 'The token of the login has ended; the next launch renews it.'
  if (outcome.credential === 'other')
    return 'Something else goes before your login; it was left alone.'
  if (because === 'off') return 'claude-auth is switched off (mode: off).'
  if (because === 'observe')
    return 'claude-auth only observes (mode: observe); nothing was changed.'
  if (because === 'not-ours')
    return verdict === 'attention'
      ? `${leftAloneWords}; nothing in it was read or changed.`
      : 'This login belongs to another account; nothing was changed.'
  const whose = outcome.identity?.email ? ` for ${cleanMiddle(outcome.identity.email, 60)}` : ''
  if (outcome.credential === 'long-lived') return `A long-lived token${whose} is in use.`
  return `Your login${whose} is good${untilWords(outcome.expiresAt, nowMs)}.`
}

function nextLine(
  { verdict, because, did }: Outcome,
  trouble: Trouble | null,
  signInCommand: string,
): string | null {
  if (verdict === 'sign-in') return `Type: ${signInCommand}   (works over SSH)`
  if (verdict === 'no-answer') return 'Try again: claude-auth ensure'
  if (verdict === 'broken')
    return trouble === null ? 'See: claude-auth log' : clean(troubleText(trouble), longest)
  const words = did.map(deed => done[deed]).filter(word => word !== undefined)
  const acted = words.length === 0 ? '' : `Done: ${words.join(', ')}.`
  if (verdict === 'attention') {
    const needs = trouble ? troubleText(trouble) : reasonWords[because]
    return `${acted} It needs care: ${clean(needs, longest)}.`.trim()
  }
  return acted === '' ? null : acted
}

function leftLine({ alert, store, verdict }: Outcome, alertTrouble: Trouble | null): string | null {
  if (alertTrouble !== null) return alertFailedSentence(alertTrouble)
  if (alert === 'failed') return 'The message could not be sent; it will be tried again.'
  if (store.kind === 'none') return null
  if (store.state === 'denied') return 'The store refuses us.'
  if (store.state === 'unreachable') return 'The store cannot be reached; it will be tried again.'
  // A login that is over is not stored any more.
  if (store.state === 'pending' && verdict !== 'sign-in')
    return 'The copy is not stored yet; it will be tried again.'
  return null
}

/** ` until 14:05 (in 2 h)`; empty where the end is unknown or past. */
export function untilWords(endMs: number | null, nowMs: number): string {
  if (endMs === null || endMs <= nowMs) return ''
  return ` until ${dateTimeWords(endMs, nowMs)} (in ${spanWords(endMs, nowMs)})`
}
