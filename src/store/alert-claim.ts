// Which of several hosts tells people about a condition: the claim in the shared document.

import { number, object, orNull, otherwise, text, word } from '../system/decode.js'
import type { JsonObject } from '../system/json.js'

/** `claude_auth_alert`. `id` names one message of one host, `by` is its `user@host`, for people. */
export interface AlertClaim {
  signIn: SignInClaim | null
  /** The warning before a sign-in's end that was sent last. */
  warned: { id: string; by: string; endsAtMs: number; withinMs: number } | null
  /** The last summary that all is well again after many changes. */
  steady: ClaimMark | null
}

/** A sign-in is needed. */
export interface SignInClaim extends ClaimMark {
  /** SHA-256 of the access token that the document held then; null: it held no login. */
  about: string | null
  /** The host that reports that it is over; null: it is not. */
  over: ClaimMark | null
}

interface ClaimMark {
  id: string
  by: string
  /** By the clock of that host. */
  atMs: number
}

export const noClaim: AlertClaim = Object.freeze({ signIn: null, warned: null, steady: null })

const mark = { id: word, by: otherwise(text, ''), atMs: number }

const claimIn = object({
  signIn: orNull(object({ ...mark, about: orNull(word), over: orNull(object(mark)) })),
  warned: orNull(object({ id: word, by: otherwise(text, ''), endsAtMs: number, withinMs: number })),
  steady: orNull(object(mark)),
})

/** Reads `claude_auth_alert`; null where there is none. A part that can't be understood claims nothing. */
export function alertClaimOf(document: JsonObject): AlertClaim | null {
  const claim = claimIn(document['claude_auth_alert'])
  return claim && Object.values(claim).some(part => part !== null) ? claim : null
}

/** The keys to change for it; `writeId` lets a write whose answer was lost be recognized. */
export function alertClaimKeys(claim: AlertClaim, writeId: string): JsonObject {
  return { claude_auth_alert: claim, claude_auth_write_id: writeId }
}
