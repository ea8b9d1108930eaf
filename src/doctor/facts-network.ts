// Whether the client's servers are reached from here: one request to each, without a credential.

import { type Reach, reach } from '../anthropic/reach.js'
import type { LoginFacts } from './facts-login.js'

export interface NetworkFacts {
  /** The servers that were tried; none with `--offline` and in another user's home. */
  servers: { host: string; isProxied: boolean; reach: Reach }[]
}

const limitMs = 10_000

export async function networkFacts({ place, run }: LoginFacts): Promise<NetworkFacts> {
  if (run.offline || !place.owned) return { servers: [] }
  const { oauth, api } = run.config.endpoints
  const servers = [...new Set([oauth, api])].map(async endpoint => ({
    host: new URL(endpoint).host,
    isProxied: run.network.proxyFor(endpoint) !== null,
    reach: await reach(run.network, endpoint, limitMs),
  }))
  return { servers: await Promise.all(servers) }
}
