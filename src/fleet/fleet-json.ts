// The view as one JSON object, piece by piece.

import { jsonText } from '../text/clean.js'
import { fleetStates } from './fleet-state.js'
import type { JudgedLogin } from './judged-login.js'
import { type FleetView, loginsOf } from './view.js'

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
