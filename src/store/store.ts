// The interface of every store: one document for each login, replaced by check-and-set.

import type { JsonObject } from '../system/json.js'
import type { Trouble } from '../system/trouble.js'
import type { StoredLogin } from './document.js'

/** Why a store can't be used now. */
export type StoreTrouble =
  /** Temporary: the same question may be answered later. */
  | { kind: 'unreachable'; trouble: Trouble }
  /** A person has to change something: key, policy, token, document. `isLost`: what is sealed opens no more. */
  | { kind: 'denied'; trouble: Trouble; isLost?: boolean }

export type StoreRead =
  | {
      kind: 'current'
      stored: StoredLogin
      version: number
      /** How long ago this version was written, by the server's own clock (ms); null if unknown. */
      ageMs: number | null
      /** This is the copy kept on this machine: the shared document is behind it, empty, or `away`. */
      isCached: boolean
      /** Why the shared document could not be asked. */
      away: StoreTrouble | null
      /** The copy kept on this machine, where the shared document counts more. */
      behind?: StoredLogin
      /** The shared document was deleted or spoilt; this is the copy kept on this machine. */
      damaged?: Trouble
      /** Why the newest version does not open; this is the one before it. */
      fromPrevious?: Trouble
    }
  /** Nothing usable is there; `version` is what a first write must name, `damaged` what can't be opened. */
  | { kind: 'empty'; version: number; damaged?: Trouble }
  | StoreTrouble

export type StoreWrite =
  | { kind: 'written'; version: number }
  /** Another write came first: read again and decide again. */
  | { kind: 'conflict' }
  | StoreTrouble

/** `refused`: the store's server does not let us. `failed`: anything else; another try may help. */
export type Annotated = 'done' | 'refused' | 'failed'

export interface Store {
  /** Its word under `store` in the configuration. */
  kind: string
  /** Its name inside a sentence: `the sealed store`. */
  label: string
  /** The login is in a document on a server; the copy on this machine is a cache of it. */
  isRemote: boolean
  /** Other hosts may use the same document, so a renewal is announced there first. */
  isShared: boolean
  read: () => Promise<StoreRead>
  /** Replaces the login of version `expected` (0: nothing there yet) and nothing else; durable when it says `written`. */
  write: (stored: StoredLogin, expected: number) => Promise<StoreWrite>
  /** Changes just these keys of version `expected`; null takes one out. */
  change: (keys: JsonObject, expected: number) => Promise<StoreWrite>
  /**
   * Makes a login safe on this machine, even without the server; null where `write` itself does
   * that. The shared document is written afterwards.
   */
  keep: ((stored: StoredLogin) => Promise<StoreWrite>) | null
  /** What changed about our access to it since it was last used, for a note shown once; null: nothing. */
  drift: () => Trouble | null
  /**
   * Puts entries beside all documents, at a path of their own where others may read them; null takes one out. Never throws.
   * Missing where the store has no such place, or may not be asked.
   */
  annotate?: (path: string, entries: Readonly<Record<string, string | null>>) => Promise<Annotated>
}

/** A document on a server as it was read: its keys, ours and others'. */
export type DocumentRead =
  | {
      kind: 'current'
      document: JsonObject
      version: number
      /** Age of this version by the server's own clock; null if unknown. */
      ageMs: number | null
    }
  | { kind: 'empty'; version: number; damaged?: Trouble }
  | StoreTrouble

/** One document on a server that others may change at any time. */
export interface SharedDocument {
  /** Always the newest version. */
  read: () => Promise<DocumentRead>
  /**
   * Changes just these keys of version `expected` (0: there is none yet); null takes one out. Keys
   * of others stay as they are, byte for byte. A write whose answer was lost is looked up, by
   * `claude_auth_write_id` in `keys`, before this says how it ended.
   */
  change: (keys: JsonObject, expected: number) => Promise<StoreWrite>
}

/** The copy on this machine in place of the document's login. What others left in the document counts all the same. */
export function fromHere(
  copy: StoredLogin,
  stored: StoredLogin | null,
  version: number,
  ageMs: number | null,
): Extract<StoreRead, { kind: 'current' }> {
  const theirs = {
    intent: stored?.intent ?? null,
    setupToken: stored?.setupToken ?? null,
    hosts: stored?.hosts ?? {},
    ...(stored?.alert ? { alert: stored.alert } : {}),
  }
  const about = { ageMs, isCached: true, away: null, version } as const
  return { kind: 'current', stored: { ...copy, ...theirs }, ...about }
}
