// Is a server reached from here at all? One request without a credential.

import { type Network, send } from './http.js'
import type { TlsTrouble } from './trust.js'

export type Reach = { kind: 'reached' } | { kind: 'unreached'; what: string; tls?: TlsTrouble }

/** Any whole reply counts, whatever its status: TLS has shown whose it is. */
export async function reach(network: Network, endpoint: string, timeoutMs: number): Promise<Reach> {
  const outcome = await send(network, { method: 'HEAD', url: `${endpoint}/`, timeoutMs })
  return outcome.kind === 'reply' ? { kind: 'reached' } : { ...outcome, kind: 'unreached' }
}
