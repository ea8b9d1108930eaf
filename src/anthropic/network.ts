// How requests leave this machine as the client's would: proxy and NO_PROXY, the authorities to trust, the client's own certificate.

import { readdirSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import type { ClientSettings } from '../login/client-settings.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { distrustOf, type OwnerAndMode, othersMayWrite } from '../system/trusted-path.js'
import { version } from '../version.js'
import type { Network } from './http.js'
import type { Trust } from './tls.js'

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

type ProxySettings = Pick<NetworkSettings, 'proxy' | 'noProxy'>

/**
 * The proxy for an https address of the client's servers, or null for a direct way. `NO_PROXY` is `*`, or lists
 * names that match whole, `.domain` (the domain and all below it) and `host:port` (clients 2.1.197 and 2.1.330 at the
 * token endpoint, where `domain` and `*.domain` except nothing below them).
 */
export function clientProxyFor(url: string, settings: ProxySettings): string | null {
  return throughProxy(url, settings, matchesAsClient)
}

/** For other servers, such as a store's: `domain` and `*.domain` mean all below it too, and address ranges count. */
export function siteProxyFor(url: string, settings: ProxySettings): string | null {
  return throughProxy(
    url,
    settings,
    (entry, host, port) =>
      matchesAsClient(entry, host, port) ||
      host.endsWith(`.${entry.replace(/^\*?\./, '')}`) ||
      isInRange(entry, host),
  )
}

type Matches = (entry: string, host: string, port: string) => boolean

function throughProxy(
  url: string,
  { proxy, noProxy }: ProxySettings,
  matches: Matches,
): string | null {
  if (proxy === null || !URL.canParse(url)) return null
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'https:' || noProxy === '*') return null
  const entries = (noProxy ?? '')
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
  return entries.some(entry => matches(entry, hostname, port || '443')) ? null : proxy
}

const matchesAsClient: Matches = (entry, host, port) => {
  if (entry.includes(':')) return entry === `${host}:${port}`
  if (entry.startsWith('.')) return host === entry.slice(1) || host.endsWith(entry)
  return host === entry
}

/** An IP address, or a range of them (`10.0.0.0/8`). */
function isInRange(entry: string, host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  const [net = '', bits] = entry.replace(/^\[|\]$/g, '').split('/')
  const family = isIP(net)
  if (family === 0 || family !== isIP(address)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits)
  if (!Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return false
  const range = new BlockList()
  range.addSubnet(net, length, kind)
  return range.check(address, kind)
}

/** How the client reaches its server, by environment and settings. */
export interface NetworkSettings {
  /** With its scheme; may hold a password, so it is never shown. */
  proxy: string | null
  /** As `NO_PROXY` has it, unparsed. */
  noProxy: string | null
  authorities: AuthoritySettings
  /** The client certificate for a proxy or server that asks for one. */
  ownCertificate: { certFile: string | null; keyFile: string | null; passphrase: string | null }
}

/** Which authorities are trusted: the stores, and files of PEM text. */
interface AuthoritySettings {
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

/** The machine's own, by distribution; the first that is there counts (as in Bun, which the client is built with). */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const systemFolders = ['/etc/ssl/certs', '/etc/pki/tls/certs']

const mostBytes = 8 * 1024 * 1024
const mostFiles = 2_000

/** What is named of authorities beside `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`, and of a certificate of our own. */
export function furtherCertificateFiles({
  authorities,
  ownCertificate,
}: Pick<NetworkSettings, 'authorities' | 'ownCertificate'>): string[] {
  const { certFile, keyFile } = ownCertificate
  return [...authorities.folders, certFile, keyFile].filter(path => path !== null)
}

/** PEM texts of all authorities beside those that come with Node. Files that can't be used are left out. */
function readAuthorities(settings: AuthoritySettings): string[] {
  const { system, file, folders, extraFile } = settings
  const isNamed = file !== null || folders.length > 0
  const found = [
    ...(system && file !== null ? [readAuthorityFile(file)] : []),
    ...(system ? folders.flatMap(readFolder) : []),
    ...(system && !isNamed ? machineAuthorities() : []),
    ...(extraFile === null ? [] : [readAuthorityFile(extraFile)]),
  ]
  return [...new Set(found.filter(text => text !== null).flatMap(certificatesIn))]
}

/** Each certificate of a PEM text by itself. */
export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g) ?? []
}

function machineAuthorities(): (string | null)[] {
  for (const path of systemFiles) {
    const text = readAuthorityFile(path)
    if (text !== null) return [text]
  }
  return systemFolders.flatMap(readFolder)
}

/** The folder is judged once, and of each file only owner and mode: a walk to every one takes too long. */
function readFolder(folder: string): (string | null)[] {
  const uid = process.geteuid?.() ?? -1
  const judge = (stat: OwnerAndMode) => othersMayWrite(stat, uid)
  try {
    if (distrustOf(folder, uid) !== null) return []
    const names = readdirSync(folder).sort().slice(0, mostFiles)
    return names.map(name => textAt(join(folder, name), { maxBytes: mostBytes, judge }))
  } catch {
    return []
  }
}

/** A regular file that only this user and root control; null for any other. */
export function readAuthorityFile(path: string): string | null {
  if (distrustOf(path, process.geteuid?.() ?? -1) !== null) return null
  return textAt(path, { maxBytes: mostBytes })
}
