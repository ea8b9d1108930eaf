// What an apply has begun and not ended: a token on its way to its user, and who the people outside are still to be told of.

import { dirname } from 'node:path'
import {
  type Decoder,
  jsonObject,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  recordOf,
  text,
} from '../system/json.js'
import { readPrivateBytes } from '../system/open-file.js'
import { appendLine, atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'

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

const changeIn: Decoder<Record<string, PendingUser | null>> = recordOf(
  orNull(
    object({
      what: oneOf('added', 'cut'),
      why: text,
      token: orNull(object({ wrapping: text, accessor: text, endsAtMs: number })),
      mintingSinceMs: orNull(number),
      sentTo: otherwise(listOf(text), []),
    }),
  ),
)

/** Some hundred bytes for each step of an apply; of 20,000 users that is 50 MB. */
const maxBytes = 256 * 1024 * 1024

/**
 * Each line changes what the lines before it say: so a step costs one line, however many users are pending. Nothing where there
 * is no file; of a line that can't be read, the torn last one of a crash, nothing is known. Throws `secret-readable-by-others`, `not-private`.
 */
export function readPending(path: string, uid: number): Pending {
  const bytes = readPrivateBytes(path, { uid, maxBytes })
  const users = new Map<string, PendingUser>()
  for (const line of (bytes?.toString() ?? '').split('\n'))
    for (const [user, entry] of Object.entries(changeIn(jsonObject(line)) ?? {}))
      if (entry === null) users.delete(user)
      else users.set(user, entry)
  return Object.fromEntries(users)
}

/** Adds one user's entry, durably. Throws `write-failed`, `not-private`. */
export function appendPending(path: string, user: string, entry: PendingUser): void {
  makePrivateFolder(dirname(path))
  appendLine(path, JSON.stringify({ [user]: entry }))
}

/** Replaces the file by one line, 0600 in a folder that only its owner may read. Throws `write-failed`. */
export function writePending(path: string, pending: Pending): void {
  makePrivateFolder(dirname(path))
  atomicWrite(path, `${JSON.stringify(pending)}\n`, { nonce: freshNonce() })
}
