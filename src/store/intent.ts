// The intent in a shared document: one host at a time posts its refresh token.

import { matching, object, oneOf, orNull, otherwise, text, word } from '../system/decode.js'

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
   * is under way, and permanently if its host died.
   */
  ended: 'refused' | 'maybe-spent' | null
}

/** Reads `claude_auth_intent`; null where there is none or it can't be understood. */
export const intentOf: (value: unknown) => Intent | null = orNull(
  object({
    id: word,
    by: otherwise(text, ''),
    parent: matching(/^[0-9a-f]{64}$/),
    ended: orNull(oneOf('refused', 'maybe-spent')),
  }),
)
