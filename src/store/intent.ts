// The intent in a shared document: one host at a time posts its refresh token.

import { isObject, stringOf } from '../host/json.js'

/** Written before the request, and replaced by its result. */
export interface Intent {
  /** Names this one try. */
  id: string
  /** `user@host`. */
  by: string
  /** SHA-256 (hex) of the refresh token to be posted. */
  parent: string
  /**
   * How it ended without a new login: `refused` (the token is spent) or `maybe-spent`. Null while it
   * is under way, and for ever where its host died.
   */
  ended: 'refused' | 'maybe-spent' | null
}

/** Reads `claude_auth_intent`; null where there is none or it can't be understood. */
export function intentOf(value: unknown): Intent | null {
  if (!isObject(value)) return null
  const id = stringOf(value['id'])
  const parent = stringOf(value['parent'])
  if (id === null || parent === null || !/^[0-9a-f]{64}$/.test(parent)) return null
  const { ended } = value
  return {
    id,
    by: stringOf(value['by']) ?? '',
    parent,
    ended: ended === 'refused' || ended === 'maybe-spent' ? ended : null,
  }
}
