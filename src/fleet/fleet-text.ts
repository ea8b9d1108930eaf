// The view as it is printed: lines for people, who need something first, and one JSON object.

import { clean, jsonText } from '../text/clean.js'
import { agoWords, dateTimeWords } from '../text/durations.js'
import { hanging, type Ink, type Signs, wrapped } from '../text/terminal.js'
import { hasRemains } from './finding.js'
import type { JudgedLogin } from './judged-login.js'
import {
  type FleetState,
  fleetStates,
  needsAction,
  type ReasonWords,
  reasonOf,
  sourceWords,
  stateWords,
} from './states.js'
import { type FleetView, loginsOf } from './view.js'

export interface TextOptions {
  width: number
  ink: Ink
  reasons: ReasonWords
  /** The logins in this state alone, each by name. */
  only: FleetState | null
}

/** Does the text name this login? The others are only counted. */
export function isNamed(
  login: Pick<JudgedLogin, 'state' | 'because'>,
  only: FleetState | null,
): boolean {
  if (only !== null) return login.state === only
  return needsAction(login.state) || hasRemains(login)
}

/** Lines of at most `width` columns (a name or command excepted), in pieces. */
export function* fleetLines(view: FleetView, options: TextOptions): Generator<string> {
  const { width, ink, only } = options
  const worst = fleetStates.find(state => needsAction(state) && view.counts[state] > 0)
  for (const line of wrapped(headline(view), width))
    yield ink.bold(worst === undefined ? ink.good(line) : dyeOf(worst, ink)(line))
  for (const state of fleetStates) {
    const logins = view.logins[state].filter(each => isNamed(each, only))
    if (logins.length === 0) continue
    const { heading } = stateWords[state]
    const more = state === 'left' && only === null ? ', and something is still there' : ''
    yield ''
    yield ink.bold(dyeOf(state, ink)(`${heading}${more} (${logins.length})`))
    for (const login of logins) yield* loginLines(login, view.atMs, options)
  }
  if (only !== null && view.logins[only].length === 0) {
    yield ''
    yield* wrapped(`Nobody is in the state ${only}.`, width)
  }
  yield ''
  for (const sentence of closing(view, only)) yield* wrapped(sentence, width).map(ink.dim)
}

function headline({ counts, source, atMs }: FleetView): string {
  const all = fleetStates.reduce((sum, state) => sum + counts[state], 0)
  const needing = fleetStates.filter(needsAction).reduce((sum, state) => sum + counts[state], 0)
  const where = source === 'vault' ? 'in Vault' : 'on this machine'
  const when = dateTimeWords(atMs, atMs)
  if (all === 0) return `No login is known ${where} (${when}).`
  const said =
    needing === 0
      ? `Nobody needs anything: ${users(all)} ${where}`
      : `${needing} of ${users(all)} ${where} ${needing === 1 ? 'needs' : 'need'} something`
  return `${said} (${when}).`
}

function users(count: number): string {
  return count === 1 ? '1 user' : `${count} users`
}

function* loginLines(login: JudgedLogin, nowMs: number, options: TextOptions): Generator<string> {
  const { width, ink, reasons } = options
  const since = login.since === null ? '' : `, since ${dateTimeWords(login.since, nowMs)}`
  const seen = login.seenAt === null ? '' : `; last seen ${agoWords(login.seenAt, nowMs)}`
  const isWell = login.state === 'ok'
  const why = `${reasonOf(login, reasons)}${isWell ? '' : since}${isWell || login.state === 'silent' ? seen : ''}`
  const [first = '', ...rest] = hanging('', `${nameOf(login)}: ${why}`, 4, width)
  yield `  ${dyeOf(login.state, ink)(signOf(login.state, ink.signs))} ${first.slice(4)}`
  yield* rest
  if (login.toDo !== null) yield `    ${ink.bold(login.toDo)}`
}

function nameOf({ user, host }: JudgedLogin): string {
  const name = clean(user, 64)
  return host === null ? name : `${name} on ${clean(host, 64)}`
}

function signOf(state: FleetState, signs: Signs): string {
  if (!needsAction(state)) return state === 'ok' ? signs.good : '-'
  return isBad(state) ? signs.bad : signs.care
}

function isBad(state: FleetState): boolean {
  return state === 'broken' || state === 'sign-in' || state === 'no-answer'
}

function dyeOf(state: FleetState, ink: Ink): Ink['bad'] {
  if (isBad(state)) return ink.bad
  if (needsAction(state)) return ink.care
  return state === 'ok' ? ink.good : ink.dim
}

function closing({ counts, backedUpOnly, source }: FleetView, only: FleetState | null): string[] {
  const others = fleetStates.filter(state => !needsAction(state) && counts[state] > 0)
  const told = others.map(state => `${counts[state]} ${stateWords[state].word}`)
  return [
    ...(only === null && told.length > 0 ? [`${told.join(', ')}.`] : []),
    ...(backedUpOnly > 0
      ? [`${backedUpOnly} of the logins that are well: only from the time of the last backup.`]
      : []),
    sourceWords[source],
  ]
}

const schemaVersion = 1

/**
 * `{schemaVersion, at, source, verdict, counts, users}` in pieces that are one line together: `users` are the logins worst first, one
 * for each host; times are epoch milliseconds.
 */
export function* fleetJson(view: FleetView): Generator<string> {
  const { atMs: at, source, verdict } = view
  const counts = Object.fromEntries(fleetStates.map(state => [state, view.counts[state]]))
  yield `${jsonText({ schemaVersion, at, source, verdict, counts }).slice(0, -1)},"users":[`
  let before = ''
  for (const login of loginsOf(view)) {
    yield before + jsonText(userObject(login))
    before = ','
  }
  yield ']}\n'
}

/** The object where nothing could be read. */
export function noFleetJson(atMs: number, source: FleetView['source']): string {
  const nothing = { verdict: 'no-answer', counts: {}, users: [] }
  return `${jsonText({ schemaVersion, at: atMs, source, ...nothing })}\n`
}

function userObject(login: JudgedLogin): object {
  const { user, host, state, because, since, seenAt, loginEndsAt, credential, custody } = login
  const { version, toDo } = login
  return {
    ...{ user, host, state, because, since, seenAt, loginEndsAt },
    ...{ credential, custody, version, toDo },
  }
}
