// The long-lived token in the document (`setup_token`), and what was recorded about it when it was minted.

import { tokenHash } from '../login/login.js'
import type { Identity } from '../policy/outcome.js'
import { number, object, orNull, word } from '../system/decode.js'
import type { JsonObject } from '../system/json.js'

/** Null where not recorded: the server can't be asked for it (client 2.1.330, `setup-token`). */
export interface SetupToken {
  token: string
  mintedAtMs: number | null
  endsAtMs: number | null
  identity: Identity | null
}

const recordIn = object({
  hash: word,
  mintedAtMs: orNull(number),
  endsAtMs: orNull(number),
  identity: orNull(
    object({ email: orNull(word), accountUuid: orNull(word), organizationUuid: orNull(word) }),
  ),
})

/** Reads it; null where there is none. A record about another token says nothing about this one. */
export function setupTokenOf(document: JsonObject): SetupToken | null {
  const token = word(document['setup_token'])?.trim() ?? ''
  if (!/^[\x21-\x7e]{8,16384}$/.test(token)) return null
  const found = recordIn(document['claude_auth_setup_token'])
  const record = found?.hash === tokenHash(token) ? found : null
  return {
    token,
    mintedAtMs: record?.mintedAtMs ?? null,
    endsAtMs: record?.endsAtMs ?? null,
    identity: record?.identity ?? null,
  }
}

/** The document's keys for it; null takes it out. */
export function setupTokenKeys(setupToken: SetupToken | null): JsonObject {
  if (setupToken === null) return { setup_token: null, claude_auth_setup_token: null }
  const { token, ...record } = setupToken
  return { setup_token: token, claude_auth_setup_token: { hash: tokenHash(token), ...record } }
}
