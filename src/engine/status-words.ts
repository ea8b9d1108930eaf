// The words of `claude-auth status`: three to six lines at a terminal, or one line for a prompt (`--short`).

import type { Outcome, Prospect, Step } from '../policy/outcome.js'
import { deedWords, isSignInReason, reasonWords } from '../policy/outcome.js'
import { dayMs } from '../system/time.js'
import type { Trouble } from '../system/trouble.js'
import { clean, cleanMiddle } from '../text/clean.js'
import { agoWords, dateTimeWords, dateWords, spanWords } from '../text/durations.js'
import type { Ink } from '../text/terminal.js'
import { hanging, plainInk } from '../text/terminal.js'
import { troubleSentence } from '../text/trouble.js'
import { leftAloneWords } from './ensure-words.js'

/** What the lines are made of. Times are epoch milliseconds; text from elsewhere is cleaned here. */
export interface StatusFacts {
  outcome: Omit<Outcome, 'did' | 'steps' | 'alert'>
  /** Null for `store: none`. */
  store: { label: string; isRemote: boolean } | null
  mode: 'on' | 'observe' | 'off'
  /** The file that switches claude-auth off, or null. */
  offBy: string | null
  /** An admin has ended this login (`claude-auth offboard`). */
  hasLeft: boolean
  /** What the next run would do to the login; null: nothing. */
  next: Step | null
  trouble: Trouble | null
  /** As the server said it, else as it is known otherwise. */
  email: string | null
  organization: string | null
  /** The server said that this very token is theirs. */
  isVerified: boolean
  /** What goes before the login: `ANTHROPIC_API_KEY from the environment`. */
  otherCredential: string | null
  sinceMs: number | null
  prospect: Prospect
  /** The server refuses the token in the file. */
  isRefused: boolean
  /** A client met a 401 with it, and the server has not been asked since. */
  isDoubted: boolean
  /** The server accepted it after the sign-in was found to be needed. */
  isAcceptedSince: boolean
  /** A run to come stores this login. */
  isToBeBackedUp: boolean
  backedUpAtMs: number | null
  /** So long before its end a login is to be mentioned. */
  warnBeforeMs: number
  signInCommand: string
  nowMs: number
}

type Mood = 'good' | 'care' | 'bad'

/** The lines, for stdout, at most `width` columns each (a path or address excepted). */
export function statusLines(facts: StatusFacts, width: number, ink: Ink): string[] {
  const mood = moodOf(facts)
  const head = hanging(ink.signs[mood], headline(facts), 2, width)
  const below = (line: string | null) => (line === null ? [] : hanging('', line, 2, width))
  const advice = below(adviceLine(facts))
  const room = mostLines(width) - head.length - advice.length
  const rest = [tokenLine, endLine, storeLine, careLine].map(line => below(line(facts)))
  // The trouble and what to type come first.
  for (const at of [1, 2, 0]) if (rest.flat().length > room) rest[at] = []
  const kept = rest.flat().slice(0, room)
  const last = rest.flat().length > room ? kept.pop()?.replace(/ \S*$/, ' …') : undefined
  const body = last === undefined ? kept : [...kept, last]
  return [...head.map(line => ink.bold(ink[mood](line))), ...body, ...advice]
}

/** Six lines of text; on a narrow terminal they may take a few more. */
function mostLines(width: number): number {
  return width >= 80 ? 6 : 12
}

function moodOf({ outcome, mode }: StatusFacts): Mood {
  const { verdict, credential, because } = outcome
  if (verdict === 'sign-in' || verdict === 'broken' || verdict === 'no-answer') return 'bad'
  const isQuiet = verdict === 'ok' && mode === 'on' && credential !== 'other'
  return isQuiet && because !== 'not-ours' ? 'good' : 'care'
}

function headline(facts: StatusFacts): string {
  const { outcome, mode, otherCredential } = facts
  const { because, verdict, credential } = outcome
  if (because === 'not-ours' && verdict === 'attention')
    return `${leftAloneWords}; your login is left alone`
  if (because === 'not-ours')
    return 'This login belongs to another account of this machine; it is left alone'
  if (facts.hasLeft)
    return 'An admin has ended your login: nothing is renewed or restored, and Claude starts as if claude-auth were not there'
  if (mode === 'off') {
    const by = facts.offBy === null ? '' : ` (${clean(facts.offBy, 200)})`
    return `claude-auth is switched off${by}; Claude starts as if it were not there`
  }
  if (otherCredential !== null)
    return `${clean(otherCredential, 120)} is used, not the login${identity(facts)}`
  if (verdict === 'sign-in') return signInHeadline(facts)
  if (credential === 'long-lived') return `A long-lived token is in use${identity(facts)}`
  if (credential === 'none') return `Not signed in at this moment${identity(facts)}`
  const unchecked =
    facts.isVerified || facts.isRefused ? '' : '; the server has not been asked about it yet'
  return `Signed in${identity(facts, 'as')}${unchecked}`
}

function signInHeadline({ outcome, sinceMs, nowMs }: StatusFacts): string {
  const since = sinceMs === null ? '' : `, since ${dateTimeWords(sinceMs, nowMs)}`
  const isFirst = outcome.because === 'never-signed-in'
  const words = isSignInReason(outcome.because) ? reasonWords[outcome.because] : ''
  return isFirst ? `Not signed in: ${words}` : `A sign-in is needed: ${words}${since}`
}

function identity({ email, organization }: StatusFacts, joint = 'of'): string {
  if (email === null) return ''
  const of = organization === null ? '' : ` (${cleanMiddle(organization, 50)})`
  return ` ${joint} ${cleanMiddle(email, 50)}${of}`
}

function tokenLine(facts: StatusFacts): string | null {
  const { outcome, nowMs, prospect, isRefused } = facts
  const { expiresAt, credential } = outcome
  if (credential === 'none' || prospect.kind === 'lasting') return null
  if (expiresAt === null)
    return credential === 'login' && prospect.kind === 'renewed' && !isLate(prospect)
      ? 'When the token ends is not known; it renews by itself'
      : null
  if (expiresAt <= nowMs) return `Token ended ${agoWords(expiresAt, nowMs)}${renewalWords(facts)}`
  if (isRefused) return `Token refused by the server before its end${renewalWords(facts)}`
  if (facts.isDoubted)
    return 'The server has refused a session of Claude since it accepted this token'
  // The server's earlier word on the token is out of date once it has refused the sign-in.
  const isDoubtful = prospect.kind === 'sign-in' && prospect.because === 'grant-refused'
  if (isDoubtful && !facts.isAcceptedSince)
    return `Token written to last until ${dateTimeWords(expiresAt, nowMs)}; the server may refuse it`
  return `Token good for ${spanWords(expiresAt, nowMs)}${renewalWords(facts)}`
}

/** What becomes of the token; nothing where the headline says it. */
function renewalWords({ prospect, outcome, nowMs, isRefused }: StatusFacts): string {
  const hasEnded = isRefused || (outcome.expiresAt ?? nowMs) <= nowMs
  switch (prospect.kind) {
    case 'renewed':
    case 'restored':
      if (outcome.verdict === 'no-answer') return ', is renewed when the server answers'
      if (hasEnded) return ', is renewed at the next launch'
      return isLate(prospect) ? lateWords : ', renews by itself'
    case 'hindered':
      return hindered[prospect.because]
    case 'left':
      return left[prospect.because]
    case 'sign-in':
      return hasEnded ? '' : ', cannot be renewed'
    default:
      return ', cannot be renewed'
  }
}

function isLate(prospect: Prospect): boolean {
  return prospect.kind === 'renewed' && prospect.isLate === true
}

const lateWords =
  ', is renewed by a launch in its last 5 minutes, since a copy of this machine may have the same sign-in'

const hindered = {
  'no-answer': '; the answer to its renewal was lost, and it is tried again later',
  store: ', cannot be renewed until the store answers',
  here: ', cannot be renewed here',
} as const

const left = {
  off: ', is not renewed by claude-auth (mode: off)',
  observe: ', is not renewed by claude-auth (mode: observe)',
  'not-ours': ', is not renewed by claude-auth here',
  'other-credential': ', is not renewed while it is not used',
} as const

function endLine({ outcome, nowMs, warnBeforeMs, signInCommand }: StatusFacts): string | null {
  const { loginEndsAt, verdict, credential } = outcome
  if (loginEndsAt === null || credential === 'none' || verdict === 'sign-in') return null
  const left = loginEndsAt - nowMs
  const what = credential === 'long-lived' ? 'Token' : 'Login'
  const twoDaysMs = 2 * dayMs
  const date = left < twoDaysMs ? dateTimeWords(loginEndsAt, nowMs) : dateWords(loginEndsAt, nowMs)
  if (left <= 0)
    return credential === 'long-lived'
      ? `Token ended on ${date}`
      : `The sign-in was to last until ${date}; sign in when it suits you: ${signInCommand}`
  const advice = left > warnBeforeMs ? '' : `; sign in when it suits you: ${signInCommand}`
  return `${what} ends in ${spanWords(loginEndsAt, nowMs)}, on ${date}${advice}`
}

function storeLine({
  outcome,
  backedUpAtMs,
  nowMs,
  mode,
  next,
  isToBeBackedUp,
  store,
}: StatusFacts): string | null {
  const { state } = outcome.store
  // Only the store itself could tell, and a copy that does not help is not worth a line.
  const isOver = outcome.verdict === 'sign-in' && !['denied', 'unreachable'].includes(state)
  if (isOver || mode === 'off' || next?.do === 'read-store') return null
  if (store === null) return 'No copy is kept (store: none)'
  if (state === 'denied') return `The store refuses us${store.isRemote ? ` (${store.label})` : ''}`
  if (state === 'unreachable') return 'The store cannot be reached; it will be tried again'
  const place = store.isRemote ? `to ${store.label}` : 'on this machine'
  if (state === 'pending')
    return `Not backed up ${place} yet${isToBeBackedUp ? '; that is done by itself' : ''}`
  if (backedUpAtMs === null) return 'No copy is stored yet'
  return `Backed up ${place} ${agoWords(backedUpAtMs, nowMs)}`
}

function careLine({ outcome, trouble, next, mode }: StatusFacts): string | null {
  const { verdict, because } = outcome
  if (mode === 'off') return null
  if (verdict === 'no-answer') return 'The login server gave no answer; it is asked again by itself'
  const isOnlySeen = mode === 'observe' && verdict === 'ok'
  if (next !== null && (isOnlySeen || (verdict === 'attention' && trouble === null))) {
    const would = `${mode === 'on' ? 'The next launch will' : 'It would'} ${deedWords[next.do]}`
    return `${would}: ${reasonWords[next.because]}`
  }
  if (verdict === 'attention' || verdict === 'broken')
    return `It needs care: ${clean(trouble ? troubleSentence(trouble) : reasonWords[because], 400)}`
  return null
}

function adviceLine({ outcome, signInCommand, mode, trouble }: StatusFacts): string | null {
  const { verdict } = outcome
  if (mode === 'off') return null
  if (verdict === 'sign-in') return `Type: ${signInCommand}   (works over SSH)`
  if (verdict === 'ok') return null
  return `Type: ${clean(trouble?.command ?? 'claude-auth ensure', 400)}`
}

/** For `claude-auth status --short`. */
export type ShortFacts = Pick<Outcome, 'verdict' | 'because' | 'expiresAt' | 'credential'> & {
  email: string | null
  signInCommand: string
}

/** No time in it depends on when it is read, and no sign on the locale: it is kept, and read by any shell. */
export function shortLine(facts: ShortFacts, nowMs: number): string {
  const { verdict, because, expiresAt, credential } = facts
  const { signs } = plainInk
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
  // In `mode: observe` it was not renewed.
  if (expiresAt <= nowMs) return `${signs.care} ${whose}, ended ${end}`
  return `${signs.good} ${whose}, good until ${end}`
}
