// The stored document: a login with its pedigree, under the names that stores at sites already use.

import type { Lineage } from '../login/lineage.js'
import { type Login, loginObject, parseLogin, tokenHash } from '../login/login.js'
import { identityIn } from '../login/memory.js'
import type { Identity } from '../policy/outcome.js'
import { matching, number, object, readableOf, word } from '../system/decode.js'
import { type JsonObject, jsonObject, numberOf, stringOf } from '../system/json.js'
import { type AlertClaim, alertClaimOf } from './alert-claim.js'
import { type Hosts, hostsOf } from './hosts.js'
import { type Intent, intentOf } from './intent.js'
import { type SetupToken, setupTokenOf } from './setup-token.js'

/** What a store keeps. Documents from before have only the login: everything else is null then. */
export interface StoredLogin {
  /** Null after a log-out: the pedigree stays, the tokens go. */
  login: Login | null
  lineage: Lineage | null
  identity: Identity | null
  loginEndsAtMs: number | null
  backedUpAtMs: number | null
  /** Set by a log-out: nothing of this lineage may be restored. */
  signedOutAtMs: number | null
  /** `user@host reason`, for people. */
  source: string
  /** Names one write, so that a write whose answer was lost can be recognized. */
  writeId: string
  /** A renewal that is under way, or that ended without a new login; a login that is written takes its place. */
  intent: Intent | null
  /** The long-lived token beside the login. Writing a login leaves it as it is. */
  setupToken: SetupToken | null
  /** The hosts that use the document. Writing a login leaves them as they are. */
  hosts: Hosts
  /** The host that has claimed to send the alerts. Only read: writing a login leaves it as it is. */
  readonly alert?: AlertClaim
}

/** The login's part of the document, as JSON values: all keys that a write replaces. */
export function toDocument(stored: StoredLogin): JsonObject {
  const { login, lineage, identity } = stored
  return {
    claude_ai_oauth_json: login === null ? '' : JSON.stringify(loginObject(login)),
    credential_expires_at_ms: login?.expiresAtMs ?? null,
    backed_up_at: stored.backedUpAtMs === null ? null : new Date(stored.backedUpAtMs).toISOString(),
    claude_auth_lineage: lineage?.id ?? null,
    claude_auth_generation: lineage?.generation ?? null,
    claude_auth_chain: lineage?.chain ?? null,
    claude_auth_signed_in_at: lineage?.signedInAtMs ?? null,
    claude_auth_login_ends_at_ms: stored.loginEndsAtMs,
    claude_auth_write_id: stored.writeId,
    claude_auth_source: stored.source,
    claude_auth_signed_out: stored.signedOutAtMs,
    claude_auth_identity: identity,
    claude_auth_intent: stored.intent,
  }
}

/** Reads a document; null when it holds nothing of ours that can be used. */
export function fromDocument(document: JsonObject): StoredLogin | null {
  const text = stringOf(document['claude_ai_oauth_json'])
  const parsed = text === null ? null : parseLogin(jsonObject(text))
  const login = parsed?.kind === 'login' ? parsed.login : null
  const signedOutAtMs = numberOf(document['claude_auth_signed_out'])
  const intent = intentOf(document['claude_auth_intent'])
  const setupToken = setupTokenOf(document)
  const alert = alertClaimOf(document)
  const parts = [login, signedOutAtMs, intent, setupToken, alert]
  if (parts.every(part => part === null)) return null
  const lineage = lineageOf(document)
  // A tool that knows the old keys only has put another login there: ours are not about it.
  const isOther =
    login?.refreshToken != null && lineage?.chain.at(-1) !== tokenHash(login.refreshToken)
  const endsAtMs = numberOf(document['claude_auth_login_ends_at_ms'])
  return {
    login,
    lineage: isOther ? null : lineage,
    identity: isOther ? null : (identityIn(document['claude_auth_identity']) ?? null),
    loginEndsAtMs: (isOther ? null : endsAtMs) ?? login?.loginEndsAtMs ?? null,
    backedUpAtMs: timeOf(document['backed_up_at']),
    signedOutAtMs,
    source: stringOf(document['claude_auth_source']) ?? '',
    writeId: stringOf(document['claude_auth_write_id']) ?? '',
    intent,
    setupToken,
    hosts: hostsOf(document['claude_auth_hosts']),
    ...(alert === null ? {} : { alert }),
  }
}

const pedigree = object({
  claude_auth_lineage: word,
  claude_auth_generation: number,
  claude_auth_chain: readableOf(matching(/^[0-9a-f]{64}$/)),
  claude_auth_signed_in_at: number,
})

function lineageOf(document: JsonObject): Lineage | null {
  const found = pedigree(document)
  return found === undefined
    ? null
    : {
        id: found.claude_auth_lineage,
        generation: found.claude_auth_generation,
        chain: found.claude_auth_chain,
        signedInAtMs: found.claude_auth_signed_in_at,
      }
}

/** `backed_up_at` is a date in our documents; older ones may hold milliseconds. */
function timeOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : numberOf(value)
  // Beyond the range of dates it is no time, and could not be written again.
  return at === null || Number.isNaN(new Date(at).getTime()) ? null : at
}
