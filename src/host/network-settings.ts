// How the client reaches its server: proxies, authorities and its own certificate, by environment and settings.

import type { ClientSettings } from './client-settings.js'
import type { Env } from './paths.js'

export interface NetworkSettings {
  /** With its scheme; may hold a password, so it is never shown. */
  proxy: string | null
  /** As `NO_PROXY` has it, unread. */
  noProxy: string | null
  authorities: AuthoritySettings
  /** What the client shows to a proxy or server that asks who it is. */
  ownCertificate: { certFile: string | null; keyFile: string | null; passphrase: string | null }
}

/** Which authorities are trusted: the stores, and files of PEM text. */
export interface AuthoritySettings {
  /** The authorities that come with the program. */
  bundled: boolean
  /** Those of the machine, or of `files` and `folders` where one of these is named. */
  system: boolean
  /** `SSL_CERT_FILE`. */
  file: string | null
  /** `SSL_CERT_DIR`. */
  folders: string[]
  /** `NODE_EXTRA_CA_CERTS`, beside all others. */
  extraFile: string | null
}

/**
 * As clients 2.1.197 and 2.1.330 read them: of the proxy variables the first that is not empty
 * (`https_proxy`, `HTTPS_PROXY`, `http_proxy`, `HTTP_PROXY`), http where it names no scheme; `env` of managed
 * settings replaces that of the user's, and both the environment's. A project's settings don't count: a cloned
 * repository must not be able to put itself between a login and the server.
 */
export function networkSettings(env: Env, settings: ClientSettings): NetworkSettings {
  const trusted = settings.sources.filter(({ scope }) => scope === 'managed' || scope === 'user')
  const environments: Env[] = [...trusted.map(source => source.env), env]
  const setting = (name: string): string =>
    environments.find(each => each[name] !== undefined)?.[name] ?? ''
  const first = (...names: string[]): string | null =>
    names.map(name => setting(name).trim()).find(value => value !== '') ?? null

  const proxy = first('https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY')
  return {
    proxy: proxy === null ? null : withScheme(proxy),
    noProxy: first('no_proxy', 'NO_PROXY'),
    authorities: {
      ...stores(setting('CLAUDE_CODE_CERT_STORE')),
      file: first('SSL_CERT_FILE'),
      folders: setting('SSL_CERT_DIR').split(':').filter(Boolean),
      extraFile: first('NODE_EXTRA_CA_CERTS'),
    },
    ownCertificate: {
      certFile: first('CLAUDE_CODE_CLIENT_CERT'),
      keyFile: first('CLAUDE_CODE_CLIENT_KEY'),
      passphrase: setting('CLAUDE_CODE_CLIENT_KEY_PASSPHRASE') || null,
    },
  }
}

function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`
}

/** `CLAUDE_CODE_CERT_STORE`: `bundled`, `system` or both, with commas; both where it names neither. */
function stores(value: string): { bundled: boolean; system: boolean } {
  const named = value.split(',').map(each => each.trim().toLowerCase())
  const [bundled, system] = [named.includes('bundled'), named.includes('system')]
  return bundled || system ? { bundled, system } : { bundled: true, system: true }
}
