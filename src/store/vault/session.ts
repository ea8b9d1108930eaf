// A session with Vault: this user's own token, or a login by JWT, opened once a process.

import type { VaultConfig } from '../../config/vault.js'
import type { StoreTrouble } from '../store.js'
import type { SessionOptions, SessionPerson, VaultAuth } from './auth.js'
import type { VaultClient } from './client.js'
import { jwtLogin } from './jwt-auth.js'
import { ownToken } from './token-auth.js'

export interface VaultSession extends Pick<VaultAuth, 'whyRefused' | 'drift'> {
  /**
   * The token for this process's requests. Opened once; again after its end, after `whyRefused`, and
   * where Vault gave no answer.
   */
  token: () => Promise<{ kind: 'open'; token: string } | StoreTrouble>
}

/** Nothing is read or asked before the first `token()`. No word of it tells a token or a JWT. */
export function vaultSession(
  client: VaultClient,
  auth: VaultConfig['auth'],
  person: SessionPerson,
  options: SessionOptions,
): VaultSession {
  const method =
    auth.method === 'token'
      ? ownToken(client, auth.tokenFile, person, options)
      : jwtLogin(client, auth, person, options)
  let opening: ReturnType<VaultAuth['open']> | null = null

  const open = async () => {
    const earlier = opening
    const found = await earlier
    const isOver = found?.kind === 'open' && (found.endsAtMs ?? Infinity) <= options.now()
    // Of several callers that waited for the same one, the first opens the next.
    if (opening === earlier && (found === null || isOver || found.kind === 'unreachable'))
      opening = method.open()
    return opening ?? method.open()
  }
  return {
    token: async () => {
      const opened = await open()
      return opened.kind === 'open' ? { kind: 'open', token: opened.token } : opened
    },
    whyRefused: () => {
      opening = null
      return method.whyRefused()
    },
    drift: method.drift,
  }
}
