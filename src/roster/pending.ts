// What an apply has begun and not ended: a token on its way to its user, and who the people outside are still to be told of.

import { dirname } from 'node:path'
import {
  listOf,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  recordOf,
  text,
} from '../system/decode.js'
import { jsonObject } from '../system/json.js'
import { readPrivateBytes } from '../system/open-file.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'

/** A token that was minted and lies wrapped in Vault. */
export interface WrappedToken {
  /** Opens once. */
  wrapping: string
  /** Of the token inside. */
  accessor: string
  /** Until when it can be opened, epoch milliseconds. */
  endsAtMs: number
}

export interface PendingUser {
  what: 'added' | 'cut'
  /** The reason of the commit. */
  why: string
  token: WrappedToken | null
  /**
   * Since when a token may have been minted whose accessor is not known: written before Vault is asked for it, epoch
   * milliseconds. Null: none.
   */
  mintingSinceMs: number | null
  /** The sinks that have taken the message about this user. */
  sentTo: readonly string[]
}

export type Pending = Readonly<Record<string, PendingUser>>

const pendingIn = recordOf<PendingUser>(
  object({
    what: oneOf('added', 'cut'),
    why: text,
    token: orNull(object({ wrapping: text, accessor: text, endsAtMs: number })),
    mintingSinceMs: orNull(number),
    sentTo: otherwise(listOf(text), []),
  }),
)

/** Nothing where there is no file, or it can't be read: then a token is minted again, and who was told is told again. Throws `secret-readable-by-others`, `not-private`. */
export function readPending(path: string, uid: number): Pending {
  const bytes = readPrivateBytes(path, { uid })
  return (bytes === null ? undefined : pendingIn(jsonObject(bytes))) ?? {}
}

/** Replaces the file, 0600 in a folder that only its owner may read. Throws `write-failed`. */
export function writePending(path: string, pending: Pending): void {
  makePrivateFolder(dirname(path))
  atomicWrite(path, `${JSON.stringify(pending)}\n`, { nonce: freshNonce() })
}
