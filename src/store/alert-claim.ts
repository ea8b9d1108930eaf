// Who of several hosts tells the people outside about a condition: what the shared document says of it. Types only.

import { isObject, type JsonObject, numberOf, stringOf } from '../system/json.js'
/** `claude_auth_alert`. `id` names one message of one host, `by` is its `user@host`, for people. */
export interface AlertClaim {
  signIn: SignInClaim | null
  /** The warning before a sign-in's end that was told last. */
  warned: { id: string; by: string; endsAtMs: number; withinMs: number } | null
  /** The last summary that all is well again after many changes. */
  steady: ClaimMark | null
}

/** That somebody has to sign in. */
export interface SignInClaim extends ClaimMark {
  /** SHA-256 of the access token that the document held then; null: it held no login. */
  about: string | null
  /** Who tells that it is over; null: it is not. */
  over: ClaimMark | null
}

interface ClaimMark {
  id: string
  by: string
  /** By the clock of that host. */
  atMs: number
}

export const noClaim: AlertClaim = Object.freeze({ signIn: null, warned: null, steady: null })

// The claim to tell a condition, in the shared document: reading it, and the keys that change it.

/** Reads `claude_auth_alert`; null where there is none. A part that can't be understood claims nothing. */
export function alertClaimOf(document: JsonObject): AlertClaim | null {
  const value = document['claude_auth_alert']
  if (!isObject(value)) return null
  const signIn = markOf(value['signIn'])
  const about = isObject(value['signIn']) ? stringOf(value['signIn']['about']) : null
  const over = isObject(value['signIn']) ? markOf(value['signIn']['over']) : null
  const claim = {
    signIn: signIn && { ...signIn, about, over },
    warned: warnedOf(value['warned']),
    steady: markOf(value['steady']),
  }
  return Object.values(claim).every(part => part === null) ? null : claim
}

/** The keys to change for it; `writeId` lets a write whose answer was lost be recognised. */
export function alertClaimKeys(claim: AlertClaim, writeId: string): JsonObject {
  return { claude_auth_alert: claim, claude_auth_write_id: writeId }
}

function markOf(value: unknown): ClaimMark | null {
  if (!isObject(value)) return null
  const id = stringOf(value['id'])
  const atMs = numberOf(value['atMs'])
  return id === null || atMs === null ? null : { id, by: stringOf(value['by']) ?? '', atMs }
}

function warnedOf(value: unknown): AlertClaim['warned'] {
  if (!isObject(value)) return null
  const id = stringOf(value['id'])
  const endsAtMs = numberOf(value['endsAtMs'])
  const withinMs = numberOf(value['withinMs'])
  if (id === null || endsAtMs === null || withinMs === null) return null
  return { id, by: stringOf(value['by']) ?? '', endsAtMs, withinMs }
}
