// The proxy and the extra authorities for our own requests: the environment's, else the client's settings'.

import type { ClientSettings } from './client-settings.js'
import type { Env } from './paths.js'

export interface NetworkSettings {
  /** For https requests; may hold a password, so it is never shown. */
  httpsProxy: string | null
  /** As `NO_PROXY` has it, unread. */
  noProxy: string | null
  /** A PEM file to trust beside the usual authorities. */
  extraCaFile: string | null
}

/**
 * `HTTPS_PROXY`, `NO_PROXY` (lower case first, as curl does) and `NODE_EXTRA_CA_CERTS`; set but empty
 * means none. A project's settings don't count: a cloned repository must not be able to put itself
 * between a login and the server.
 */
export function networkSettings(env: Env, settings: ClientSettings): NetworkSettings {
  const trusted = settings.sources.filter(({ scope }) => scope === 'managed' || scope === 'user')
  const environments: Env[] = [env, ...trusted.map(source => source.env)]
  const value = (...names: string[]): string | null => {
    for (const environment of environments)
      for (const name of names) {
        const found = environment[name]
        if (found !== undefined) return found.trim() || null
      }
    return null
  }
  return {
    httpsProxy: value('https_proxy', 'HTTPS_PROXY'),
    noProxy: value('no_proxy', 'NO_PROXY'),
    extraCaFile: value('NODE_EXTRA_CA_CERTS'),
  }
}
