// Vault as the admin of a site sees it: requests by a token that is no user's own, to whatever path its policy opens.

import { keptLines } from '../../anthropic/connection.js'
import type { Network } from '../../anthropic/http.js'
import type { VaultAuth, VaultServer } from '../../config/vault.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import type { StoreTrouble } from '../store.js'
import { readSecretFile } from './auth.js'
import { type VaultClient, type VaultReply, type VaultRequest, vaultClient } from './client.js'
import { jwtLogin } from './jwt-auth.js'
import { readAuthority } from './store.js'
import { tokenShape } from './token-auth.js'

export type { StoreTrouble } from '../store.js'

/** A signed-in admin. */
export interface SiteVault {
  server: VaultServer
  /** Never throws. No word of a reply that is printed may be its `text` or `body`: they can hold a token. */
  request: (request: Omit<VaultRequest, 'token'>) => Promise<VaultReply>
  /** The same with another token than the admin's: a wrapping token opens what it wraps, whatever its policies. */
  requestBy: (token: string, request: Omit<VaultRequest, 'token'>) => Promise<VaultReply>
}

/** How to sign in, and how requests leave this machine. */
export interface SiteParts {
  network: Network
  uid: number
  user: string
  now: () => number
  /** Connections outlive one question: for who asks hundreds. What changes something has one of its own: a kept one can end. */
  isKept?: boolean
}

/**
 * Signs in with the token of a private file, or by JWT. A token is not looked up: what it may do, the requests tell.
 * Trouble: the file, the authority or the sign-in.
 */
export async function openSite(
  server: VaultServer,
  auth: VaultAuth,
  { network, uid, user, now, isKept = false }: SiteParts,
): Promise<SiteVault | StoreTrouble> {
  const authority = readAuthority(server.caCert)
  if ('kind' in authority) return authority
  const { address, namespace, timeoutMs } = server
  const parts = { address, namespace, timeoutMs, network, caCert: authority.pem }
  const client = vaultClient({ ...parts, kept: null })
  const asking = isKept ? vaultClient({ ...parts, kept: keptLines() }) : client
  const signedIn =
    auth.method === 'token'
      ? tokenIn(auth.tokenFile, uid)
      : await jwtLogin(client, auth, { user, uid }, { now, known: null, remember: () => {} }).open()
  if (signedIn.kind !== 'open') return signedIn
  return { server, ...asked({ client, asking }, signedIn.token) }
}

function asked(
  { client, asking }: { client: VaultClient; asking: VaultClient },
  own: string,
): Pick<SiteVault, 'request' | 'requestBy'> {
  const requestBy: SiteVault['requestBy'] = (token, request) => {
    const isQuestion = request.method === 'GET' || request.method === 'LIST'
    return (isQuestion ? asking : client).request({ ...request, token })
  }
  return { request: request => requestBy(own, request), requestBy }
}

function tokenIn(file: string, uid: number): { kind: 'open'; token: string } | StoreTrouble {
  const found = readSecretFile(file, uid)
  if ('trouble' in found) return found
  if (found.kind === 'text' && tokenShape.test(found.text))
    return { kind: 'open', token: found.text }
  const cause =
    found.kind === 'missing' ? 'there is no Vault token for this' : 'this is no Vault token'
  const command = `ls -l ${quoted(file)}`
  return { kind: 'denied', trouble: makeTrouble(cause, { place: file, command }) }
}
