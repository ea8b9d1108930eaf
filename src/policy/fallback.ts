// Keeping a login working: restore a copy, renew it, or conclude that a person or only time can help. Pure.

import type { SignInReason, Step } from './outcome.js'
import {
  clientRefreshMs,
  copies,
  type Decision,
  decisionOf,
  isGrantRefused,
  isLater,
  isPostable,
  isStoreAway,
  isUsable,
  type KnownLogin,
  type State,
  storedLogin,
  unlessTried,
  verificationOf,
} from './state.js'

/** A token that may be spent is tried again only this close to the end of its access token. */
const lateMs = 10 * 60_000
/** In one run: the login at hand, and one better copy of it. */
const mostRenewals = 3

/** Takes the stored login, once the server has accepted it (or says nothing) after `sinceMs`. */
export function restoring(
  state: State,
  stored: KnownLogin,
  because: Extract<Step, { do: 'restore' }>['because'],
  sinceMs: number,
  nowMs: number,
): Decision | null {
  const spent = stored.refreshHash !== null && state.spent.includes(stored.refreshHash)
  if (spent || !isUsable(stored, nowMs)) return null
  const checked = verificationOf(state, stored)
  if (checked?.kind === 'refused' || checked?.rightIdentity === false) return null
  const isOld = !checked || checked.atMs < sinceMs || checked.atMs > nowMs
  const verify = isOld ? verifying(state, stored, 'changed') : null
  return verify ?? unlessTried(state, { do: 'restore', because }, stored.accessHash)
}

/** The refresh grant, from whichever copy holds the refresh token; null when it can't or may not be asked now. */
export function renewal(
  state: State,
  login: KnownLogin,
  because: 'half-life' | 'expired' | 'refused',
  nowMs: number,
): Decision | null {
  if (state.offline) return null
  if (state.store.kind === 'unasked')
    return decisionOf({ do: 'read-store', because: 'before-renewal' })
  // Another host may be renewing it this very moment.
  if (state.usedByOthers && isStoreAway(state)) return null
  const source = refreshable(state, login)
  if (source === null || timesRenewed(state) >= mostRenewals) return null
  if (isHeldBack(state, login, nowMs)) return null
  const custody = custodyFirst(state, source)
  if (custody) return custody
  const waits = mustWait(state, source, login, nowMs)
  if (waits && !state.forced) return null
  return unlessTried(state, { do: 'renew', because: waits ? 'forced' : because }, source)
}

/** The refresh token to post: the store's where it is newer or the only one, else the file's. */
function refreshable(state: State, login: KnownLogin): string | null {
  const stored = storedLogin(state)
  const fromStore = stored && isPostable(state, stored) ? stored.refreshHash : null
  const newer = state.store.kind === 'current' && state.store.newer
  const isPast = state.file.kind === 'login' && state.file.past
  if (fromStore && (newer || isPast)) return fromStore
  return isPostable(state, login) ? login.refreshHash : fromStore
}

/**
 * A copy of this machine may hold the same refresh token, and no document tells which of the two posts it: then it is
 * posted no earlier than a client would post it, and only by a launch or hook. The other copy may never be used.
 */
function isHeldBack(state: State, login: KnownLogin, nowMs: number): boolean {
  if (!isUnannounced(state, refreshable(state, login))) return false
  const isRefused = verificationOf(state, login)?.kind === 'refused'
  const isLate = login.expiresAtMs === null || login.expiresAtMs - nowMs <= clientRefreshMs
  return state.unattended || !(isLate || isRefused)
}

/** May a copy of this machine hold the refresh token `hash` too, with no document in which its renewal is announced? */
export function isUnannounced({ contestedHash, isRemote, store }: State, hash: string | null) {
  const isAnnounced = isRemote && store.kind === 'current' && !store.away
  return hash !== null && hash === contestedHash && !isAnnounced
}

/**
 * In sole custody a refresh token that stands in the file goes into the sealed store before it is used:
 * a client that starts while the server gives no answer would spend it.
 */
function custodyFirst(state: State, source: string): Decision | null {
  const { file, store, held } = state
  if (state.custody !== 'sole' || file.kind !== 'login' || file.login.refreshHash !== source)
    return null
  if (store.kind !== 'empty' && held?.refreshHash !== source) return null
  return unlessTried(state, { do: 'back-up', because: 'store-behind' }, file.login.accessHash)
}

/** Otherwise a server whose tokens expire at once would be asked endlessly, each time with a new token. */
function timesRenewed({ tried }: State): number {
  return tried.filter(key => key.startsWith('renew ')).length
}

/** Must the renewal wait? After failures, or for a token that may be spent and is not needed yet. */
function mustWait(state: State, source: string, login: KnownLogin, nowMs: number): boolean {
  if (state.backOff?.hash === source && isLater(state.backOff.nextTryAtMs, nowMs)) return true
  const unsure = state.maybeSpent.some(({ hash }) => hash === source)
  if (verificationOf(state, login)?.kind === 'refused') return false
  return unsure && login.expiresAtMs !== null && login.expiresAtMs - nowMs > lateMs
}

/** Asks the server about a login, once. */
export function verifying(
  state: State,
  login: KnownLogin,
  because: 'changed' | 'unverified',
): Decision | null {
  return state.offline ? null : unlessTried(state, { do: 'verify', because }, login.accessHash)
}

/** Nothing can be renewed or restored now: decides whether a person can help or only time. */
export function noRemedy(state: State, login: KnownLogin, nowMs: number): Decision {
  const isAway = isStoreAway(state)
  if (isAway && state.usedByOthers) return decisionOf({ do: 'launch', because: 'own-trouble' })
  if (isHeldBack(state, login, nowMs)) return decisionOf({ do: 'launch', because: 'maybe-copied' })
  if (copies(state, login).some(copy => isPostable(state, copy) || isDoubtful(state, copy)))
    return decisionOf({ do: 'launch', because: 'no-answer' })
  if (isAway) return decisionOf({ do: 'launch', because: 'own-trouble' })
  const because = isGrantRefused(state, login) ? 'grant-refused' : 'login-lost'
  return signIn(state, login, because, nowMs)
}

/** Posted in requests without an answer, but not refused: it may still work. */
function isDoubtful(state: State, { refreshHash }: KnownLogin): boolean {
  if (refreshHash === null || state.spent.includes(refreshHash)) return false
  return state.maybeSpent.some(({ hash }) => hash === refreshHash)
}

/** A person is needed; a login whose known end has passed says so. */
export function signIn(
  state: State,
  login: KnownLogin | null,
  because: SignInReason,
  nowMs: number,
): Decision {
  const endsAtMs = login?.loginEndsAtMs ?? state.held?.loginEndsAtMs ?? null
  const ended = endsAtMs !== null && endsAtMs <= nowMs
  return decisionOf({ do: 'sign-in', because: ended ? 'login-ended' : because })
}
