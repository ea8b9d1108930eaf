// What we remember of a login between runs: `state.json`, hashes and times only, never a token.

import { closeSync, constants } from 'node:fs'
import { type Identity, type SignInReason, signInReasons } from '../policy/outcome.js'
import { closedBy, closedError } from '../system/access.js'
import {
  anyObject,
  type Decoder,
  flag,
  jsonObject,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  readableOf,
  recordOf,
  renamed,
  text,
  where,
  word,
} from '../system/json.js'
import { bytesOf, openRegular } from '../system/open-file.js'
import type { Trouble } from '../system/trouble.js'
import { atomicWrite } from '../system/write-file.js'
import { troubleIn } from '../text/trouble.js'
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
  /** When our own renewal brought it; null for any other login. */
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
  /** When the store last said whether there is one. */
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
  /** The same for the store's copy, if that is another login than the file's. */
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
  /** One-time notes already shown: subject → what. */
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
  keyDigest: string
  /** Which health records were written and published from here, read by `fleet/publish.ts`. */
  records: object | null
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
  keyDigest: '',
  records: null,
}

/** An identity that was written down; unreadable where it names neither account nor address. */
export const identityIn: Decoder<Identity> = where(
  object({
    email: orNull(word),
    accountUuid: orNull(word),
    organizationUuid: orNull(word),
  }),
  ({ email, accountUuid }) => email !== null || accountUuid !== null,
)

const lineage = object({
  id: text,
  generation: number,
  chain: listOf(text),
  signedInAtMs: number,
})

const tracked = object({
  accessHash: text,
  refreshHash: orNull(word),
  inFile: flag,
  lineage,
  expiresAtMs: orNull(number),
  loginEndsAtMs: orNull(number),
  scopes: orNull(listOf(text)),
  sinceMs: number,
  renewedAtMs: orNull(number),
})

const verified = object({
  accessHash: text,
  kind: oneOf('accepted', 'refused'),
  atMs: number,
  identity: orNull(identityIn),
  organization: orNull(word),
})

const fingerprint = object({
  machine: text,
  system: text,
  inode: text,
  folder: text,
  devices: listOf(text),
})

const endingToken = object({ accessHash: text, endsAtMs: orNull(number) })

/** An earlier version kept a trouble as a text, `what`. */
const earlierTrouble = { trouble: 'what' }

const readers: { [K in keyof Memory]: (value: unknown) => Memory[K] } = {
  format: () => 1,
  held: orNull(tracked),
  stored: orNull(object({ version: number, accessHash: text, atMs: number })),
  pending: orNull(
    renamed(
      earlierTrouble,
      object({ sinceMs: number, failures: number, nextTryAtMs: number, trouble: troubleIn }),
    ),
  ),
  spent: otherwise(readableOf(text), []),
  maybeSpent: otherwise(
    readableOf(object({ hash: text, tries: number, atMs: otherwise(number, 0) })),
    [],
  ),
  backOff: orNull(
    object({ hash: text, failures: number, nextTryAtMs: number, triesAtMs: listOf(number) }),
  ),
  verification: orNull(verified),
  verifiedCopy: orNull(verified),
  pinned: orNull(identityIn),
  signedOut: orNull(
    object(
      { atMs: number, chain: listOf(text), inStore: otherwise(flag, false) },
      { elsewhere: flag },
    ),
  ),
  account: orNull(object({ path: text, version: text, named: flag })),
  signInNeeded: orNull(object({ sinceMs: number, because: oneOf(...signInReasons) })),
  alert: orNull(anyObject),
  narrower: otherwise(flag, false),
  told: otherwise(recordOf(text), {}),
  clockOffMs: otherwise(number, 0),
  intentId: otherwise(text, ''),
  doubtedId: otherwise(text, ''),
  instance: orNull(
    object({
      name: text,
      formerNames: listOf(text),
      fingerprints: listOf(fingerprint),
      heartbeats: listOf(text),
      contestedHash: orNull(word),
    }),
  ),
  othersSeenAtMs: orNull(number),
  lookedAtMs: orNull(number),
  storeTrouble: orNull(
    renamed(
      earlierTrouble,
      object({ kind: oneOf('unreachable', 'denied', 'empty'), trouble: troubleIn }),
    ),
  ),
  storeSession: orNull(anyObject),
  longLived: orNull(
    object({ askedAtMs: number, token: orNull(endingToken), placed: orNull(endingToken) }),
  ),
  keyDigest: otherwise(text, ''),
  records: orNull(anyObject),
}

const memoryIn = renamed(
  { storeSession: 'vault', keyDigest: 'keyPrint' },
  object(readers) as Decoder<Memory>,
)

/** More than a memory ever takes. */
const maxBytes = 4 * 1024 * 1024

/**
 * The memory at `path`; a missing or damaged one is an empty memory, and so is a damaged member: every fact can be found again.
 * One that may not be read does not count as empty, since it lists the spent tokens. Throws `login-closed`, unless `orEmpty`.
 */
export function readMemory(path: string, { orEmpty = false } = {}): Memory {
  try {
    const found = jsonObject(bytesOfRegular(path))
    return (found?.['format'] === 1 && memoryIn(found)) || emptyMemory
  } catch (error) {
    const closed = closedBy(path, process.geteuid?.() ?? -1, error)
    if (closed !== null && !orEmpty) throw closedError(closed)
    return emptyMemory
  }
}

/** A pipe or a device in its place would hold the run. */
function bytesOfRegular(path: string): Buffer {
  const file = openRegular(path, constants.O_RDONLY)
  try {
    return bytesOf(file, maxBytes) ?? Buffer.alloc(0)
  } finally {
    closeSync(file)
  }
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
