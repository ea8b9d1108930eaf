// A network without a proxy, with Node's own authorities and those that are given.

import type { Network } from '../../src/anthropic/http.js'

/** `authority` is PEM text, or null. */
export function directNetwork(authority: string | null = null): Network {
  return {
    proxyFor: () => null,
    siteProxyFor: () => null,
    trust: {
      bundled: true,
      authorities: () => (authority === null ? [] : [authority]),
      isLazy: authority === null,
      ownCertificate: null,
    },
    userAgent: 'test/1',
  }
}
