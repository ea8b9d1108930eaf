// The facts that a decision is made of. Tokens appear as hashes only; nothing here decides.

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
  /** `newer`: by pedigree it comes after the login in the file. `login` is null after a log-out. */
  /** `away`: the shared document could not be asked, and this is the copy on this machine. */
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
