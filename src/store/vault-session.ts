// A session with Vault: this user's own token, or a login by JWT, opened once a process.

import type { VaultConfig } from '../host/config/resolved.js'
import type { SessionMemory } from '../login/memory.js'
import type { StoreTrouble } from './store.js'
import type { VaultClient } from './vault-client.js'
import { jwtLogin } from './vault-jwt-login.js'
import { ownToken } from './vault-own-token.js'

export interface VaultSession {
  /**
   * The token for this process's requests. Opened once; again after its end, after `whyRefused`, and
   * where Vault gave no answer.
   */
  token: () => Promise<{ kind: 'open'; token: string } | StoreTrouble>
  /**
   * After Vault refused (403) what the token asked for: is it the token? Null when that lives, so that
   * a policy is missing; else what is wrong with it, or with asking.
   */
  whyRefused: () => Promise<StoreTrouble | null>
  /** What changed about the token since it was last looked up, for a person to be told once; null: nothing. */
  drift: () => string | null
}

/** Whose session it is; `host` and all else of a `Person` may stand beside. */
export interface SessionPerson {
  user: string
  uid: number
}

export interface SessionOptions {
  now: () => number
  /** What an earlier run was told of the token. */
  known: SessionMemory | null
  remember: (known: SessionMemory) => void
  /** False: the token's period is left to run; true, if not given. */
  mayRenew?: boolean
  /** The configured address of this user: a JWT may name it instead of the user. */
  expectedEmail?: string | null
}

/** One way to sign in. `endsAtMs` is by our clock; null: no end, or nobody can tell. */
export interface WayIn {
  open: () => Promise<{ kind: 'open'; token: string; endsAtMs: number | null } | StoreTrouble>
  whyRefused: VaultSession['whyRefused']
  drift: VaultSession['drift']
}

/** Nothing is read or asked before the first `token()`. No word of it tells a token or a JWT. */
export function vaultSession(
  client: VaultClient,
  auth: VaultConfig['auth'],
  person: SessionPerson,
  options: SessionOptions,
): VaultSession {
  const wayIn =
    auth.method === 'token'
      ? ownToken(client, auth.tokenFile, person, options)
      : jwtLogin(client, auth, person, options)
  let opening: ReturnType<WayIn['open']> | null = null

  const open = async () => {
    const earlier = opening
    const found = await earlier
    const isOver = found?.kind === 'open' && (found.endsAtMs ?? Infinity) <= options.now()
    // Of several callers that waited for the same one, the first opens the next.
    if (opening === earlier && (found === null || isOver || found.kind === 'unreachable'))
      opening = wayIn.open()
    return opening ?? wayIn.open()
  }
  return {
    token: async () => {
      const opened = await open()
      return opened.kind === 'open' ? { kind: 'open', token: opened.token } : opened
    },
    whyRefused: () => {
      opening = null
      return wayIn.whyRefused()
    },
    drift: wayIn.drift,
  }
}
