// What we remember of a login between runs: `state.json`, hashes and times only, never a token.

import type { Identity, SignInReason } from '../policy/outcome.js'
import { atomicWrite } from '../system/atomic-write.js'
import type { Trouble } from '../system/trouble.js'
import type { Instance } from './instance.js'
import type { Lineage } from './lineage.js'

/** The login that we last saw in the login file or saved there, accepted as this user's. */
export interface TrackedLogin {
  accessHash: string
  /** Also in sole custody, where the file itself has no refresh token. */
  refreshHash: string | null
  /** Did the file itself carry the refresh token? */
  inFile: boolean
  lineage: Lineage
  expiresAtMs: number | null
  loginEndsAtMs: number | null
  scopes: readonly string[] | null
  /** When its access token was issued to us, or first seen. */
  sinceMs: number
  /** When our own renewal brought it; null for one that somebody else brought. */
  renewedAtMs: number | null
}

/** What the server said of one access token. */
export interface Verified {
  accessHash: string
  kind: 'accepted' | 'refused'
  atMs: number
  identity: Identity | null
  organization: string | null
}

/** A log-out: the tokens that may not come back, and whether the store knows of it. */
export interface SignedOut {
  atMs: number
  chain: readonly string[]
  inStore: boolean
  /** It was another host's, found in the shared document: a later sign-in there ends it here too. */
  elsewhere?: boolean
}

/** The long-lived token of the document: hashes and recorded ends. */
export interface LongLivedMemory {
  /** When the store last told whether there is one. */
  askedAtMs: number
  token: { accessHash: string; endsAtMs: number | null } | null
  /** The one that we last put into the login file. */
  placed: { accessHash: string; endsAtMs: number | null } | null
}

export interface Memory {
  format: 1
  held: TrackedLogin | null
  /** What the store is known to hold. */
  stored: { version: number; accessHash: string; atMs: number } | null
  /** A back-up that the store did not take yet. */
  pending: { sinceMs: number; failures: number; nextTryAtMs: number; trouble: Trouble } | null
  /** SHA-256 of refused and rotated-away refresh tokens, oldest first. */
  spent: readonly string[]
  maybeSpent: readonly { hash: string; tries: number; atMs: number }[]
  /** Failed renewals in a row of one refresh token. */
  backOff: {
    hash: string
    failures: number
    nextTryAtMs: number
    triesAtMs: readonly number[]
  } | null
  verification: Verified | null
  /** The same of the store's copy, where that is another login than the file's. */
  verifiedCopy: Verified | null
  /** Identity of first use, where nothing is configured. */
  pinned: Identity | null
  signedOut: SignedOut | null
  /** Which client config we last looked into, in which version, and whether it named an account. */
  account: { path: string; version: string; named: boolean } | null
  signInNeeded: { sinceMs: number; because: SignInReason } | null
  /** The alerts' own memory, read by `alerts/memory.ts`. */
  alert: object | null
  /** The last renewal granted less than the login had. */
  narrower: boolean
  /** What a person was told once: subject → what. */
  told: Record<string, string>
  /** Our clock minus the server's, when last seen far apart. */
  clockOffMs: number
  /** The intent that we last left in the shared document. */
  intentId: string
  /** The intent of another host that was last counted as maybe spent. */
  doubtedId: string
  /** Which of several copies of this login folder we are; null: not recorded yet. */
  instance: Instance | null
  /** When another host was last seen to use the shared document; null: none is known. */
  othersSeenAtMs: number | null
  /** When the shared document was last seen; null: never, or forgotten. */
  lookedAtMs: number | null
  /** What kept the store from being used when it was last asked; null: nothing. `empty`: what is there does not open. */
  storeTrouble: { kind: 'unreachable' | 'denied' | 'empty'; trouble: Trouble } | null
  /** What the store's own server said of our access to it; the store reads it. */
  storeSession: object | null
  /** Null where none was ever wanted. */
  longLived: LongLivedMemory | null
  /** The key that the sealed store is known to open with; empty: none is known. */
  keyPrint: string
}

export const emptyMemory: Memory = {
  format: 1,
  held: null,
  stored: null,
  pending: null,
  spent: [],
  maybeSpent: [],
  backOff: null,
  verification: null,
  verifiedCopy: null,
  pinned: null,
  signedOut: null,
  account: null,
  signInNeeded: null,
  alert: null,
  narrower: false,
  told: {},
  clockOffMs: 0,
  intentId: '',
  doubtedId: '',
  instance: null,
  othersSeenAtMs: null,
  lookedAtMs: null,
  storeTrouble: null,
  storeSession: null,
  longLived: null,
  keyPrint: '',
}

const spentKept = 50

export function writeMemory(path: string, memory: Memory, nonce: string) {
  atomicWrite(path, JSON.stringify(memory), { nonce })
}

/** The memory with `hash` on the spent list: it is never posted or restored again. */
export function withSpent(memory: Memory, hash: string): Memory {
  return {
    ...memory,
    spent: [...memory.spent.filter(other => other !== hash), hash].slice(-spentKept),
    maybeSpent: memory.maybeSpent.filter(other => other.hash !== hash),
  }
}

/** The memory with one more unanswered request that may have spent `hash`. */
export function withMaybeSpent(memory: Memory, hash: string, atMs: number): Memory {
  const tries = (memory.maybeSpent.find(other => other.hash === hash)?.tries ?? 0) + 1
  const others = memory.maybeSpent.filter(other => other.hash !== hash)
  return { ...memory, maybeSpent: [...others, { hash, tries, atMs }].slice(-spentKept) }
}
