// A Vault auth method: what it needs, what it promises, and the private file that it begins with.

import { lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { flag, listOf, number, object, orNull, text } from '../../system/json.js'
import { readPrivateBytes } from '../../system/open-file.js'
import { AuthError, errorTrouble, makeTrouble, quoted, type Trouble } from '../../system/trouble.js'
import { othersMayWrite } from '../../system/trusted-path.js'
import type { StoreTrouble } from '../store.js'

/** Whose session it is; `host` and all else of a `Person` may stand beside. */
export interface SessionPerson {
  user: string
  /** What the user is called in Vault, where that is another name. */
  vaultName?: string
  uid: number
}

/** The last lookup of the token that this user's sessions are opened with. */
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
  commit: (known: SessionMemory) => void
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

export type SecretFile =
  /** The text without the white space around it. */
  { kind: 'text'; text: string } | { kind: 'missing' } | StoreTrouble

/**
 * Reads `path`: a regular file of `uid`'s own that no other user may read, or replace anywhere on the way to it. A link to one
 * must lead into a folder that no other user may write to, not even a shared one such as /tmp.
 */
export function readSecretFile(path: string, uid: number): SecretFile {
  try {
    const bytes = readPrivateBytes(path, { uid })
    if (bytes === null) return { kind: 'missing' }
    const trouble = strayLink(path, uid)
    if (trouble !== null) return { kind: 'denied', trouble }
    return { kind: 'text', text: bytes.toString().trim() }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { kind: 'denied', trouble: errorTrouble(error) }
  }
}

/** In a folder of others, any file of ours could be put in place of the one that was meant. */
function strayLink(path: string, uid: number): Trouble | null {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return null
  const folder = dirname(realpathSync.native(path))
  const why = othersMayWrite(statSync(folder), uid)
  if (why === null) return null
  return makeTrouble(`the linked folder ${why}`, {
    place: `${path} leads into ${folder}`,
    command: `ls -ld ${quoted(path)} ${quoted(folder)}`,
  })
}
