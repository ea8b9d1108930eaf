// A way to sign in to Vault: what it needs to know, and what it promises.

import { flag, listOf, number, object, orNull, text } from '../../system/decode.js'
import type { Trouble } from '../../system/trouble.js'
import type { StoreTrouble } from '../store.js'

/** Whose session it is; `host` and all else of a `Person` may stand beside. */
export interface SessionPerson {
  user: string
  /** What the user is called in Vault, where that is another name. */
  vaultName?: string
  uid: number
}

/** What Vault said of the token that this user's sessions are opened with. */
export interface SessionMemory {
  /** SHA-256 (hex) of the token. */
  hash: string
  checkedAtMs: number
  /** False: its policies do not let the token look itself up, and little of the rest is known. */
  isKnown: boolean
  displayName: string
  policies: readonly string[]
  isRenewable: boolean
  /** By our clock; null: no end, or unknown. */
  endsAtMs: number | null
  /** Its period, else the life it was made with; 0: neither. */
  lifeMs: number
  /** When it was last tried to be renewed; 0: never. */
  triedAtMs: number
  /** No renewal lasts beyond (`explicit_max_ttl`); null or absent: no such end is known. */
  lastEndAtMs?: number | null
  /** When Vault refused to renew it, and has not done it since; null or absent: it did not refuse. */
  refusedAtMs?: number | null
}

/** What an earlier run remembered of a session (`Memory.storeSession`). */
export const sessionMemoryIn: (value: unknown) => SessionMemory | null = orNull(
  object({
    hash: text,
    checkedAtMs: number,
    isKnown: flag,
    displayName: text,
    policies: listOf(text),
    isRenewable: flag,
    endsAtMs: orNull(number),
    lifeMs: number,
    triedAtMs: number,
    lastEndAtMs: orNull(number),
    refusedAtMs: orNull(number),
  }),
)

export interface SessionOptions {
  now: () => number
  /** What an earlier run learned of the token. */
  known: SessionMemory | null
  remember: (known: SessionMemory) => void
  /** False: the token's period is left to run; true, if not given. */
  mayRenew?: boolean
  /** The configured address of this user: a JWT may name it instead of the user. */
  expectedEmail?: string | null
}

/** One way to sign in. `endsAtMs` is by our clock; null: no end, or unknown. */
export interface VaultAuth {
  open: () => Promise<{ kind: 'open'; token: string; endsAtMs: number | null } | StoreTrouble>
  /**
   * After Vault refused (403) what the token asked for: is it the token? Null when that lives, so that
   * a policy is missing; else what is wrong with it, or with asking.
   */
  whyRefused: () => Promise<StoreTrouble | null>
  /** What changed about the token since it was last looked up, for a note shown once; null: nothing. */
  drift: () => Trouble | null
}
