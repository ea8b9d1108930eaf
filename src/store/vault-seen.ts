// A version of a document that is at hand, so that nobody need ask Vault for it again. Pure.

import type { JsonObject } from '../host/json.js'
import type { DocumentRead } from './store.js'

/** A version as it was read, or as we wrote it. */
export interface Seen {
  read: DocumentRead
  /** A whole reply with it; null where only its keys are known. */
  text: string | null
}

/** `seen` where it is version `expected`. One that was deleted may be back: it is read again. */
export function atHand(seen: Seen | null, expected: number): Seen | null {
  const read = seen?.read
  if (read === undefined || !('version' in read) || read.version !== expected) return null
  return read.kind === 'current' || expected === 0 ? seen : null
}

/** What a write of `keys` over `before` has made; `data`: all of it as it was sent, null for a patch. */
export function written(
  before: DocumentRead,
  keys: JsonObject,
  version: number,
  data: string | null,
): Seen {
  const earlier = before.kind === 'current' ? before.document : {}
  const members = Object.entries({ ...earlier, ...keys }).filter(([, value]) => value !== null)
  const document = Object.fromEntries(members)
  const text = data === null ? null : `{"data":{"data":${data}}}`
  return { read: { kind: 'current', document, version, ageMs: null }, text }
}
