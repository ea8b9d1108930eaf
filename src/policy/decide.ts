// The rule: from the facts to the one next step, with its reason. Pure and total.

import { noRemedy, renewal, restoring, signIn, verifying } from './fallback.js'
import { withLongLived } from './long-lived.js'
import {
  clientRefreshMs,
  type Decision,
  decisionOf,
  type FileFacts,
  isDue,
  isHopeless,
  isLater,
  isLongLived,
  isPostable,
  isStoreAway,
  isUsable,
  type KnownLogin,
  type State,
  storedLogin,
  unlessTried,
  verificationOf,
} from './state.js'

/** A refusal this soon after our own renewal says more about the server than about the login. */
const justRenewedMs = 10 * 60_000
/** Longer than a run takes. */
const justNowMs = 2 * 60_000

/**
 * The next step for `state`. To be called again after every step on freshly read facts; it never
 * names a decision that `state.tried` holds, so a run ends by itself.
 */
export function decide(state: State, nowMs: number): Decision {
  if (state.mode === 'off') return decisionOf({ do: 'launch', because: 'off' })
  if (!state.owned) return decisionOf({ do: 'launch', because: 'not-ours' })
  if (state.otherCredential) return decisionOf({ do: 'launch', because: 'other-credential' })
  const { file } = state
  if (file.kind === 'closed') return decisionOf({ do: 'launch', because: 'own-trouble' })
  const decision = isLoggedOut(state)
    ? loggedOut(state)
    : withLongLived(state, nowMs, () =>
        file.kind === 'login'
          ? withLogin(state, file.login, nowMs)
          : withoutLogin(state, file, nowMs),
      )
  const needsNobody = decision.do === 'sign-in' && state.standIn
  return needsNobody ? decisionOf({ do: 'launch', because: 'other-credential' }) : decision
}

/** A log-out holds until the file has a login that was not logged out. */
function isLoggedOut({ signedOut, file }: State): boolean {
  if (signedOut === null) return false
  if (file.kind !== 'login') return true
  return signedOut.includes(file.login.refreshHash ?? file.login.accessHash)
}

/** After a log-out on another host the user may have signed in there again. */
function loggedOut({ signedOutElsewhere, store }: State): Decision {
  return signedOutElsewhere && store.kind === 'unasked'
    ? decisionOf({ do: 'read-store', because: 'missing' })
    : decisionOf({ do: 'sign-in', because: 'signed-out' })
}

function withLogin(state: State, login: KnownLogin, nowMs: number): Decision {
  if (isLongLived(state, login)) return decisionOf({ do: 'launch', because: 'long-lived' })
  const checked = verificationOf(state, login)
  if (checked?.kind === 'accepted' && !checked.rightIdentity)
    return decisionOf({ do: 'sign-in', because: 'wrong-identity' })
  return (
    repairing(state, login) ??
    (isOutdated(state, login) ? betterCopy(state, login, nowMs) : null) ??
    newerInStore(state, login, nowMs) ??
    (checked?.kind === 'refused' ? afterRefusal(state, login, nowMs) : null) ??
    (isDue(login, nowMs) ? whenDue(state, login, nowMs) : null) ??
    (isUsable(login, nowMs) ? upkeep(state, login, nowMs) : noRemedy(state, login, nowMs))
  )
}

/** The login works: verify it, back it up, launch. */
function upkeep(state: State, login: KnownLogin, nowMs: number): Decision {
  const checked = verificationOf(state, login)
  const renewedByUs = state.held?.accessHash === login.accessHash && state.held.renewedAtMs !== null
  const known = checked?.kind === 'accepted' || renewedByUs
  const ageMs = checked ? nowMs - checked.atMs : Number.POSITIVE_INFINITY
  const stale = ageMs < 0 || ageMs >= state.verifyEveryMs || state.forced
  return (
    (known ? null : verifying(state, login, 'changed')) ??
    (known ? backingUp(state, login, nowMs) : null) ??
    (stale && state.isShared ? checkingDocument(state) : null) ??
    (stale ? verifying(state, login, 'unverified') : null) ??
    decisionOf({ do: 'launch', because: 'fresh' })
  )
}

/** What other hosts did with a shared document: renewed, signed in again, logged out, or joined. */
function checkingDocument({ store, offline }: State): Decision | null {
  if (offline || store.kind !== 'unasked') return null
  return decisionOf({ do: 'read-store', because: 'before-renewal' })
}

/** In sole custody a refresh token in the file is a reason by itself: backing up takes it into custody. */
function backingUp(state: State, login: KnownLogin, nowMs: number): Decision | null {
  if (state.store.kind === 'none') return null
  const inPlainText = state.custody === 'sole' && login.refreshHash !== null
  const behind = state.storedAccessHash !== login.accessHash || inPlainText
  // Custody does not wait for a store that is away: the sealed copy is here.
  const mayWait = !state.forced && !inPlainText
  if (state.pending && mayWait && isLater(state.pending.nextTryAtMs, nowMs)) return null
  if (!state.pending && !behind) return null
  const because = state.pending ? 'pending' : 'store-behind'
  return unlessTried(state, { do: 'back-up', because }, login.accessHash)
}

/**
 * Repairs the file: removes a byte order mark, restores what a faulty refresh dropped, or the refresh token that shared custody
 * wants in the file.
 */
function repairing(state: State, login: KnownLogin): Decision | null {
  if (state.file.kind === 'login' && (state.file.incomplete || state.file.marked))
    return unlessTried(state, { do: 'restore', because: 'unreadable' }, login.accessHash)
  if (state.custody === 'sole' || login.refreshHash !== null) return null
  if (state.store.kind === 'unasked')
    return decisionOf({ do: 'read-store', because: 'before-renewal' })
  const stored = storedLogin(state)
  if (stored?.accessHash !== login.accessHash || !isPostable(state, stored)) return null
  return unlessTried(state, { do: 'restore', because: 'store-newer' }, stored.accessHash)
}

/** True if the file's login can't be renewed from the file and is not the tracked one: the store may hold a better copy. */
function isOutdated(state: State, login: KnownLogin): boolean {
  if (login.refreshHash === null) return state.held?.accessHash !== login.accessHash
  return state.spent.includes(login.refreshHash) || (state.file.kind === 'login' && state.file.past)
}

function betterCopy(state: State, login: KnownLogin, nowMs: number): Decision | null {
  if (state.store.kind === 'unasked') return decisionOf({ do: 'read-store', because: 'refused' })
  const stored = storedLogin(state)
  const better = stored?.accessHash === login.accessHash ? null : stored
  const taken = better && restoring(state, better, 'store-newer', 0, nowMs)
  if (taken) return taken
  if (better && isPostable(state, better)) {
    const renew = renewal(state, better, 'expired', nowMs)
    if (renew) return renew
  }
  // A token that only looks old is still better than none.
  const isSpent = login.refreshHash !== null && state.spent.includes(login.refreshHash)
  return isSpent && !better ? noRemedy(state, login, nowMs) : null
}

/** A renewal or sign-in of the same user elsewhere, found in the store: no token needs to be spent. */
function newerInStore(state: State, login: KnownLogin, nowMs: number): Decision | null {
  const stored = storedLogin(state)
  if (state.store.kind !== 'current' || !state.store.newer || !stored) return null
  // A good login is replaced only by one that the server has just accepted; clocks do not decide.
  const checked = verificationOf(state, login)
  const isGood = isUsable(login, nowMs) && checked?.kind === 'accepted'
  const next = restoring(state, stored, 'store-newer', isGood ? nowMs - justNowMs : 0, nowMs)
  if (next?.do !== 'restore' || !isGood) return next
  const proof = verificationOf(state, stored)
  const isJustNow = proof !== null && proof.atMs >= nowMs - justNowMs && proof.atMs <= nowMs
  return isJustNow && proof.kind === 'accepted' ? next : null
}

function afterRefusal(state: State, login: KnownLogin, nowMs: number): Decision {
  const renewedAtMs = state.held?.accessHash === login.accessHash ? state.held.renewedAtMs : null
  const ageMs = renewedAtMs === null ? justRenewedMs : nowMs - renewedAtMs
  if (ageMs >= 0 && ageMs < justRenewedMs) return decisionOf({ do: 'launch', because: 'no-answer' })
  if (state.store.kind === 'unasked') return decisionOf({ do: 'read-store', because: 'refused' })
  const stored = storedLogin(state)
  const other = stored && stored.accessHash !== login.accessHash ? stored : null
  return (
    (other && restoring(state, other, 'refused', 0, nowMs)) ??
    renewal(state, login, 'refused', nowMs) ??
    noRemedy(state, login, nowMs)
  )
}

function whenDue(state: State, login: KnownLogin, nowMs: number): Decision | null {
  const renew = renewal(state, login, isUsable(login, nowMs) ? 'half-life' : 'expired', nowMs)
  if (renew || state.offline) return renew
  return isHopeless(state, login) ? noRemedy(state, login, nowMs) : null
}

/** The next step where the file holds no login: missing, blanked, or unreadable. */
function withoutLogin(
  state: State,
  file: Exclude<FileFacts, { kind: 'login' | 'closed' }>,
  nowMs: number,
): Decision {
  if (state.store.kind === 'unasked') return decisionOf({ do: 'read-store', because: file.kind })
  const stored = storedLogin(state)
  if (!stored) return nothingLeft(state, file, nowMs)
  if (file.kind === 'blank' && isRefusal(state, stored, file.blankedAtMs))
    return signIn(state, stored, 'grant-refused', nowMs)
  const since = file.kind === 'blank' ? file.blankedAtMs : 0
  const because = verificationOf(state, stored)?.kind === 'refused' ? 'refused' : 'expired'
  return (
    restoring(state, stored, file.kind, since, nowMs) ??
    renewal(state, stored, because, nowMs) ??
    noRemedy(state, stored, nowMs)
  )
}

/**
 * Was the login blanked because the very grant that the store holds was refused? The client blanks
 * for nothing else, and asks only in the last five minutes or after a 401. A blank with neither
 * cause is someone's fault, and the stored login may be good.
 */
function isRefusal(state: State, stored: KnownLogin, blankedAtMs: number): boolean {
  const { held } = state
  if (!held?.inFile || held.refreshHash === null) return false
  if (stored.refreshHash !== held.refreshHash) return false
  const byClock = stored.expiresAtMs !== null && blankedAtMs >= stored.expiresAtMs - clientRefreshMs
  return byClock || verificationOf(state, stored)?.kind === 'refused'
}

function nothingLeft(state: State, file: FileFacts, nowMs: number): Decision {
  if (isStoreAway(state)) return decisionOf({ do: 'launch', because: 'own-trouble' })
  if (file.kind === 'blank' && file.timeLimit)
    return decisionOf({ do: 'sign-in', because: 'login-ended' })
  // The client blanks what we have found refused before: that is still the reason.
  if (file.kind === 'blank' && state.signInNeeded === 'grant-refused')
    return signIn(state, state.held, 'grant-refused', nowMs)
  return state.held === null && file.kind === 'missing'
    ? decisionOf({ do: 'sign-in', because: 'never-signed-in' })
    : signIn(state, state.held, 'login-lost', nowMs)
}
