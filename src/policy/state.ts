// The facts that a decision is made of, and what they say of each copy of the login. Tokens appear as hashes only; nothing here
// decides. Pure.

import type { Custody, SignInReason, Step } from './outcome.js'

/** One login, wherever it was found. */
export interface KnownLogin {
  accessHash: string
  refreshHash: string | null
  /** Null only for a long-lived token. */
  expiresAtMs: number | null
  /** What the file says of its end can't be true: `expiresAtMs` is the latest time at which it ends. */
  isEndGuessed?: true
  loginEndsAtMs: number | null
  /** From when on it should be renewed. */
  renewAtMs: number | null
}

export type FileFacts =
  | { kind: 'missing' | 'unreadable' }
  /** It is there, and may not be read: it may hold the successor of all that we know. */
  | { kind: 'closed' }
  /** `timeLimit`: the client itself says that the login's time was over. */
  | { kind: 'blank'; blankedAtMs: number; timeLimit: boolean }
  /**
   * `incomplete`: a faulty refresh dropped fields that we know. `marked`: a byte order mark before it keeps the
   * client from reading it. `past`: its refresh token is an
   * earlier one of the lineage that we hold (an old backup put back, a writer that lost a race).
   */
  | { kind: 'login'; login: KnownLogin; incomplete: boolean; marked?: boolean; past: boolean }

export type StoreFacts =
  | { kind: 'none' | 'unasked' | 'empty' | 'unreachable' | 'denied' }
  /**
   * `newer`: by lineage it comes after the login in the file. `login` is null after a log-out. `away`: the shared document could
   * not be asked, and this is the copy on this machine.
   */
  | { kind: 'current'; login: KnownLogin | null; newer: boolean; away: boolean }

/** What is known about one access token. */
export interface VerificationFacts {
  accessHash: string
  kind: 'accepted' | 'refused'
  atMs: number
  /** Is it the configured (or pinned) identity? */
  rightIdentity: boolean
}

/** A long-lived token by its hash; `endsAtMs` as recorded, or null. */
export interface LongLivedToken {
  accessHash: string
  endsAtMs: number | null
}

export interface LongLivedFacts {
  /** `credential: long-lived`. */
  wanted: boolean
  /** The document's token, as the store said in this run, else when it was last asked; null: none. */
  token: LongLivedToken | null
  /** The one that we last put into the login file. */
  placed: LongLivedToken | null
  /** The store told the token in this run, so that it can be put into the file. */
  atHand: boolean
  /** When the store last told whether there is one; null: never. */
  askedAtMs: number | null
}

export interface State {
  mode: 'on' | 'observe' | 'off'
  /** The effective user owns the home and the login folder. */
  owned: boolean
  /** Something else than the login file signs the requests. */
  otherCredential: boolean
  /** Another credential signs where the login file can't: no person is needed. */
  standIn: boolean
  custody: Custody
  /** `--force`: ages and back-off count for nothing. */
  forced: boolean
  /** `--offline`: no network at all. */
  offline: boolean
  file: FileFacts
  store: StoreFacts
  /** The login last seen in the file or saved there. */
  held: (KnownLogin & { renewedAtMs: number | null; inFile: boolean }) | null
  spent: readonly string[]
  maybeSpent: readonly { hash: string; tries: number }[]
  backOff: { hash: string; nextTryAtMs: number } | null
  verification: VerificationFacts | null
  /** The same of the store's copy, where that is another login. */
  copyVerification: VerificationFacts | null
  verifyEveryMs: number
  longLived: LongLivedFacts
  /** Other hosts may use the same document, so it is looked at now and then. */
  isShared: boolean
  /** Another host is known to use it: without it, a renewal could sign that one out. */
  usedByOthers: boolean
  /** The store is a document elsewhere, in which a renewal is announced before it is made. */
  isRemote: boolean
  /** The refresh token that a copy of this machine may hold too; null: none is known to. */
  contestedHash: string | null
  /** Neither a launch nor a person waits for this run: a timer began it. */
  unattended: boolean
  /** The log-out in force was another host's. */
  signedOutElsewhere: boolean
  /** A log-out is in force: refresh tokens that may not come back; null: none. */
  signedOut: readonly string[] | null
  /** The access token that the store is known to hold. */
  storedAccessHash: string | null
  pending: { nextTryAtMs: number } | null
  /** The reason a sign-in is already pending, or null. */
  signInNeeded: SignInReason | null
  /** Decisions already acted on in this run, as `decisionKey` spells them. */
  tried: readonly string[]
}

/** A step and the hash of the token it is about (the refresh token to post, else the access token). */
export type Decision = Step & { about: string | null }

/** The same key is never acted on twice in a run. */
export function decisionKey(decision: Decision): string {
  return `${decision.do} ${decision.about ?? ''}`
}

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
  const decision = { ...step, about }
  return state.tried.includes(decisionKey(decision)) ? null : decision
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

/** Must we wait until then? A time further off than any pause of ours comes from a wrong clock. */
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

/** All copies that could be posted: the login at hand and the store's. */
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
