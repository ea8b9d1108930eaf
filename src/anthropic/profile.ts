// Asking the server whose access token this is, in three values; and whether a server can be reached at all.

import type { Identity } from '../policy/outcome.js'
import { jsonObject } from '../system/json.js'
import { type Network, send } from './http.js'
import type { TlsTrouble } from './tls.js'
import { identityOf } from './token-endpoint.js'

export type Verification =
  | {
      kind: 'accepted'
      identity: Identity | null
      organization: string | null
      serverNowMs: number | null
    }
  | { kind: 'refused'; serverNowMs: number | null }
  | { kind: 'no-answer'; what: string; serverNowMs: number | null }

/**
 * Asks `GET /api/oauth/profile`. Only a 401 is `refused`; a proxy's page, a 403, a 5xx or silence
 * says nothing about the token and is `no-answer`.
 */
export async function verify(
  network: Network,
  endpoint: string,
  accessToken: string,
  timeoutMs: number,
): Promise<Verification> {
  const outcome = await send(network, {
    method: 'GET',
    url: `${endpoint}/api/oauth/profile`,
    headers: { authorization: `Bearer ${accessToken}`, 'anthropic-beta': 'oauth-2025-04-20' },
    timeoutMs,
  })
  if (outcome.kind !== 'reply') return { kind: 'no-answer', what: outcome.what, serverNowMs: null }
  const { serverNowMs } = outcome
  if (outcome.status === 401) return { kind: 'refused', serverNowMs }
  const profile = outcome.status === 200 ? jsonObject(outcome.body) : null
  const identity = profile ? identityOf(profile['account'], profile['organization']) : null
  if (profile === null || identity === null)
    return { kind: 'no-answer', what: `HTTP ${outcome.status}`, serverNowMs }
  const name = (profile['organization'] as Record<string, unknown> | null)?.['name']
  const organization = typeof name === 'string' ? name.slice(0, 100) : null
  return { kind: 'accepted', identity, organization, serverNowMs }
}

/** Whether a server can be reached at all. */
export type Reach = { kind: 'reached' } | { kind: 'unreached'; what: string; tls?: TlsTrouble }

/** Any whole reply counts, with any status: TLS has shown whose it is. */
export async function reach(network: Network, endpoint: string, timeoutMs: number): Promise<Reach> {
  const outcome = await send(network, { method: 'HEAD', url: `${endpoint}/`, timeoutMs })
  return outcome.kind === 'reply' ? { kind: 'reached' } : { ...outcome, kind: 'unreached' }
}
