// How requests leave this machine: proxy and extra certificates as the client would have them.

import { readFileSync } from 'node:fs'
import { getProxyForUrl } from 'proxy-from-env'
import type { ClientSettings } from '../host/client-settings.js'
import { networkSettings } from '../host/network-settings.js'
import type { Env } from '../host/paths.js'
import { version } from '../version.js'
import type { Network } from './http.js'

/** By the environment and the client's own settings; rules the proxy variables of this process from now on. */
export function networkOf(env: Env, settings: ClientSettings): Network {
  const { httpsProxy, noProxy, extraCaFile } = networkSettings(env, settings)
  // proxy-from-env knows the rules of NO_PROXY and reads them from this process's environment.
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy'])
    delete process.env[name]
  if (httpsProxy !== null) process.env['HTTPS_PROXY'] = httpsProxy
  if (noProxy !== null) process.env['NO_PROXY'] = noProxy
  const loadedByNode = extraCaFile !== null && extraCaFile === env['NODE_EXTRA_CA_CERTS']
  return {
    proxyFor: url => (url.startsWith('https:') ? getProxyForUrl(url) || null : null),
    extraCa: extraCaFile === null || loadedByNode ? null : readCertificates(extraCaFile),
    userAgent: `claude-auth/${version}`,
  }
}

/** Like Node itself, which goes on without a file that is not there. */
function readCertificates(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
