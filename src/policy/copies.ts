// What is known of the copies of a login: which can be used, posted, or are refused. Pure; imports types only.

import type { Step } from './outcome.js'
import type { Decision, KnownLogin, State, VerificationFacts } from './state.js'

/** The client refreshes by itself this long before the end (2.1.197 and 2.1.330), or after a 401. */
export const clientRefreshMs = 5 * 60_000
/** A token this close to its end counts as ended: it would end on its way to the server. */
const marginMs = 30_000
/** A little more than a server may ask for with `Retry-After`. */
const longestPauseMs = 61 * 60_000

/** A decision about no token in particular. */
export function decisionOf(step: Step): Decision {
  return { ...step, about: null }
}

/** The decision, or null when this run has acted on it already. */
export function unlessTried(state: State, step: Step, about: string | null): Decision | null {
  return state.tried.includes(`${step.do} ${about ?? ''}`) ? null : { ...step, about }
}

/** The store's login, if it was asked and has one. */
export function storedLogin({ store }: State): KnownLogin | null {
  return store.kind === 'current' ? store.login : null
}

/** What the server said of this very access token. */
export function verificationOf(
  { verification, copyVerification }: State,
  login: KnownLogin,
): VerificationFacts | null {
  const known = [verification, copyVerification]
  return known.find(each => each?.accessHash === login.accessHash) ?? null
}

/** Its refresh token is there, not spent, and not already lost twice in unanswered requests. */
export function isPostable(state: State, login: KnownLogin): boolean {
  const { refreshHash } = login
  if (refreshHash === null || state.spent.includes(refreshHash)) return false
  const checked = verificationOf(state, login)
  // Known to be another user's.
  if (checked?.kind === 'accepted' && !checked.rightIdentity) return false
  return !state.maybeSpent.some(({ hash, tries }) => hash === refreshHash && tries >= 2)
}

/** No refresh token and no end. */
export function isLongLived({ held }: State, login: KnownLogin): boolean {
  const ours = held?.accessHash === login.accessHash && held.refreshHash !== null
  return login.refreshHash === null && login.expiresAtMs === null && !ours
}

/** Its access token has not ended. */
export function isUsable({ expiresAtMs }: KnownLogin, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs - nowMs > marginMs
}

/** Is it to be waited for? A time further off than any pause of ours comes from a clock that was wrong. */
export function isLater(atMs: number, nowMs: number): boolean {
  return nowMs < atMs && atMs - nowMs <= longestPauseMs
}

/** It should be renewed by now. */
export function isDue({ renewAtMs }: KnownLogin, nowMs: number): boolean {
  return renewAtMs === null || nowMs >= renewAtMs
}

/** What the store could tell is not known now. */
export function isStoreAway({ store }: State): boolean {
  if (store.kind === 'current') return store.away
  return store.kind === 'unreachable' || store.kind === 'denied'
}

/** Every copy that we know of is spent, or there is none. */
export function isGrantRefused(state: State, login: KnownLogin): boolean {
  const hashes = copies(state, login).map(({ refreshHash }) => refreshHash)
  const known = hashes.filter(hash => hash !== null)
  return known.length > 0 && known.every(hash => state.spent.includes(hash))
}

/** All that could be posted: the login at hand and the store's. */
export function copies(state: State, login: KnownLogin): KnownLogin[] {
  const stored = storedLogin(state)
  return stored ? [login, stored] : [login]
}

/** Nothing will ever renew this login: better said now, while it still works, than at its end. */
export function isHopeless(state: State, login: KnownLogin): boolean {
  const isKnown = state.store.kind !== 'unasked' && !isStoreAway(state)
  const hashes = copies(state, login).map(({ refreshHash }) => refreshHash)
  return isKnown && hashes.every(hash => hash === null || state.spent.includes(hash))
}
