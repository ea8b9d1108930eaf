// How requests leave this machine: proxy, authorities and own certificate as the client would have them.

import type { ClientSettings } from '../host/client-settings.js'
import { type NetworkSettings, networkSettings } from '../host/network-settings.js'
import type { Env } from '../host/paths.js'
import { version } from '../version.js'
import { readAuthorities, readAuthorityFile } from './authorities.js'
import type { Network } from './http.js'
import { clientProxyFor, siteProxyFor } from './proxy-rule.js'
import type { Trust } from './trust.js'

/** By the environment and the client's own settings. */
export function networkOf(env: Env, settings: ClientSettings): Network {
  const network = networkSettings(env, settings)
  return {
    proxyFor: url => clientProxyFor(url, network),
    siteProxyFor: url => siteProxyFor(url, network),
    trust: trustOf(network),
    userAgent: `claude-auth/${version}`,
  }
}

function trustOf({ authorities, ownCertificate }: NetworkSettings): Trust {
  const { bundled, system, file, folders, extraFile } = authorities
  const isPlain = file === null && folders.length === 0 && extraFile === null
  return {
    bundled,
    authorities: () => readAuthorities(authorities),
    isLazy: bundled && system && isPlain,
    ownCertificate: certificateOf(ownCertificate),
  }
}

function certificateOf({
  certFile,
  keyFile,
  passphrase,
}: NetworkSettings['ownCertificate']): Trust['ownCertificate'] {
  if (certFile === null || keyFile === null) return null
  const [cert, key] = [readAuthorityFile(certFile), readAuthorityFile(keyFile)]
  return cert === null || key === null ? null : { cert, key, passphrase }
}
