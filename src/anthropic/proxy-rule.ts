// Which requests go through the proxy: `NO_PROXY` as the client reads it, and as a site's own servers need it. No I/O.

import { BlockList, isIP } from 'node:net'
import type { NetworkSettings } from '../host/network-settings.js'

type ProxySettings = Pick<NetworkSettings, 'proxy' | 'noProxy'>

/**
 * The proxy for an https address of the client's servers, or null for a direct way. `NO_PROXY` is `*`, or lists
 * names that match whole, `.domain` (the domain and all below it) and `host:port` (clients 2.1.197 and 2.1.330 at the
 * token endpoint, where `domain` and `*.domain` except nothing below them).
 */
export function clientProxyFor(url: string, settings: ProxySettings): string | null {
  return throughProxy(url, settings, matchesAsClient)
}

/** For other servers, such as Vault: `domain` and `*.domain` mean all below it too, and address ranges count. */
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
