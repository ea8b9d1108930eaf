// A way to sign in to Vault: what it needs to know, and what it promises.

import type { SessionMemory } from '../login/memory.js'
import type { StoreTrouble } from './store.js'

/** Whose session it is; `host` and all else of a `Person` may stand beside. */
export interface SessionPerson {
  user: string
  /** What the user is called in Vault, where that is another name. */
  vaultName?: string
  uid: number
}

export interface SessionOptions {
  now: () => number
  /** What an earlier run was told of the token. */
  known: SessionMemory | null
  remember: (known: SessionMemory) => void
  /** False: the token's period is left to run; true, if not given. */
  mayRenew?: boolean
  /** The configured address of this user: a JWT may name it instead of the user. */
  expectedEmail?: string | null
}

/** One way to sign in. `endsAtMs` is by our clock; null: no end, or nobody can tell. */
export interface WayIn {
  open: () => Promise<{ kind: 'open'; token: string; endsAtMs: number | null } | StoreTrouble>
  /**
   * After Vault refused (403) what the token asked for: is it the token? Null when that lives, so that
   * a policy is missing; else what is wrong with it, or with asking.
   */
  whyRefused: () => Promise<StoreTrouble | null>
  /** What changed about the token since it was last looked up, for a person to be told once; null: nothing. */
  drift: () => string | null
}
