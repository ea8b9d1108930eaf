// The long-lived token of the document: when it takes the login's place in the file, and when the login comes back. Pure.

import { noRemedy, renewal, restoring } from './fallback.js'
import type { Step } from './outcome.js'
import {
  type Decision,
  decisionOf,
  isLater,
  isLongLived,
  isStoreAway,
  type KnownLogin,
  type LongLivedToken,
  type State,
  storedLogin,
  unlessTried,
  verificationOf,
} from './state.js'

/**
 * The next step as far as a long-lived token of ours is in the file, or is wanted there; else what
 * `usual` says. A token from another source in the file is left alone, unless the document's is
 * wanted.
 */
export function withLongLived(state: State, nowMs: number, usual: () => Decision): Decision {
  const found = longLivedInFile(state)
  const wanted = wantedToken(state, nowMs)
  if (state.file.kind === 'login' && isToBeAsked(state, found, nowMs))
    return decisionOf({ do: 'read-store', because: 'before-renewal' })
  if (found !== null && found.accessHash === wanted?.accessHash)
    return decisionOf({ do: 'launch', because: 'long-lived' })
  if (wanted !== null && state.longLived.atHand) return placing(state, wanted, nowMs, usual)
  if (found !== null && isOurs(state, found)) return takingBack(state, found, nowMs)
  return asEnded(state, usual(), nowMs)
}

/** The token that the configuration wants in the file; null where there is none or its end has passed. */
function wantedToken({ longLived }: State, nowMs: number): LongLivedToken | null {
  const { wanted, token } = longLived
  return wanted && token !== null && !isOver(token, nowMs) ? token : null
}

function isOver({ endsAtMs }: LongLivedToken, nowMs: number): boolean {
  return endsAtMs !== null && endsAtMs <= nowMs
}

function longLivedInFile(state: State): KnownLogin | null {
  const { file } = state
  return file.kind === 'login' && isLongLived(state, file.login) ? file.login : null
}

/** Is it the document's, or one that we put there? */
function isOurs({ longLived }: State, { accessHash }: KnownLogin): boolean {
  return [longLived.token, longLived.placed].some(each => each?.accessHash === accessHash)
}

/** The setting, or the token in the document, may be set, replaced or taken out at any time. */
function isToBeAsked(state: State, found: KnownLogin | null, nowMs: number): boolean {
  const { longLived, store, verifyEveryMs } = state
  if (!longLived.wanted || store.kind !== 'unasked') return false
  const wanted = wantedToken(state, nowMs)
  if (wanted !== null && wanted.accessHash !== found?.accessHash) return true
  const ageMs = longLived.askedAtMs === null ? verifyEveryMs : nowMs - longLived.askedAtMs
  return ageMs < 0 || ageMs >= verifyEveryMs || state.forced
}

/** Puts the token into the file, once all that could be lost by that is backed up. */
function placing(
  state: State,
  { accessHash }: LongLivedToken,
  nowMs: number,
  usual: () => Decision,
): Decision {
  const { file } = state
  if (file.kind === 'closed') return usual()
  const because = file.kind === 'login' ? 'store-newer' : file.kind
  const restore = unlessTried(state, { do: 'restore', because } satisfies Step, accessHash)
  if (restore === null) return usual()
  if (file.kind !== 'login' || isReplaceable(state, file.login)) return restore
  const backUp = isOwn(state, file.login) ? backingUp(state, file.login, nowMs) : null
  if (backUp) return backUp
  const next = usual()
  // A login that only a new sign-in can help has nothing to lose.
  return next.do === 'sign-in' ? restore : next
}

/** Is nothing lost with this login? A stranger's is kept aside when it is replaced. */
function isReplaceable(state: State, login: KnownLogin): boolean {
  const { store, spent, storedAccessHash, held } = state
  const checked = verificationOf(state, login)
  if (isLongLived(state, login) || checked?.rightIdentity === false) return true
  if (store.kind === 'current' && store.newer && !isStoreAway(state)) return true
  if (state.file.kind === 'login' && state.file.past) return true
  if (login.refreshHash === null) {
    const isHeld = held?.accessHash === login.accessHash
    return !isHeld || storedAccessHash === login.accessHash
  }
  if (spent.includes(login.refreshHash)) return true
  const stored = storedLogin(state)
  return storedAccessHash === login.accessHash && stored?.refreshHash === login.refreshHash
}

function isOwn(state: State, login: KnownLogin): boolean {
  const isAccepted = verificationOf(state, login)?.kind === 'accepted'
  return isAccepted || state.held?.accessHash === login.accessHash
}

/** Also for a login that has ended: its refresh token may still be good. */
function backingUp(state: State, { accessHash }: KnownLogin, nowMs: number): Decision | null {
  const { pending, forced } = state
  if (pending && !forced && isLater(pending.nextTryAtMs, nowMs)) return null
  return unlessTried(
    state,
    { do: 'back-up', because: pending ? 'pending' : 'store-behind' },
    accessHash,
  )
}

/** Restores the rotating login; until that works the token stays in use, up to its end. */
function takingBack(state: State, found: KnownLogin, nowMs: number): Decision {
  if (state.store.kind === 'unasked')
    return decisionOf({ do: 'read-store', because: 'before-renewal' })
  const stored = storedLogin(state)
  const better = stored && comingBack(state, stored, nowMs)
  if (better) return better
  const { token, placed } = state.longLived
  const record = [token, placed].find(each => each?.accessHash === found.accessHash)
  if (!record || !isOver(record, nowMs)) return decisionOf({ do: 'launch', because: 'long-lived' })
  if (stored === null && isStoreAway(state))
    return decisionOf({ do: 'launch', because: 'own-trouble' })
  const end = stored ? noRemedy(state, stored, nowMs) : null
  return end?.do === 'launch' ? end : decisionOf({ do: 'sign-in', because: 'login-ended' })
}

/** The login lay in the store all the time: what the server said of it before counts for nothing. */
function comingBack(state: State, stored: KnownLogin, nowMs: number): Decision | null {
  const because = verificationOf(state, stored)?.kind === 'refused' ? 'refused' : 'expired'
  return (
    restoring(state, stored, 'store-newer', nowMs, nowMs) ?? renewal(state, stored, because, nowMs)
  )
}

/** Where a person is needed, the token that has ended is the reason: a new one would settle it. */
function asEnded({ longLived }: State, next: Decision, nowMs: number): Decision {
  const { wanted, token } = longLived
  const isEnded = wanted && token !== null && isOver(token, nowMs)
  if (next.do !== 'sign-in' || !isEnded || next.because === 'wrong-identity') return next
  return decisionOf({ do: 'sign-in', because: 'login-ended' })
}

/** Is it a long-lived token of ours that is in the file? Then with its recorded end. */
export function ourLongLived({ file, longLived }: State): LongLivedToken | null {
  if (file.kind !== 'login' || !isLongLivedShape(file.login)) return null
  const { accessHash } = file.login
  const known = [longLived.token, longLived.placed]
  return known.find(each => each?.accessHash === accessHash) ?? null
}

/** What a person has to type where a sign-in is needed. */
export function signInCommand(state: State, nowMs: number): string {
  return `claude-auth login${isLongLivedNeeded(state, nowMs) ? ' --long-lived' : ''}`
}

/** Would a new long-lived token be the answer to a decision for `login-ended`, or to an early warning? */
export function isLongLivedNeeded({ longLived, file }: State, nowMs: number): boolean {
  const { wanted, token } = longLived
  if (!wanted || token === null) return false
  const isInFile = file.kind === 'login' && file.login.accessHash === token.accessHash
  return isInFile || (token.endsAtMs !== null && token.endsAtMs <= nowMs)
}

/** Neither a refresh token nor an end. */
export function isLongLivedShape({ refreshHash, expiresAtMs }: KnownLogin): boolean {
  return refreshHash === null && expiresAtMs === null
}
