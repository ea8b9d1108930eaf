// Connections that are ready for a request: direct or through a proxy, with verified TLS; pooled for callers that send many.

import type { ClientRequest } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { AuthError } from '../system/trouble.js'
import { connectTrusted, loopbackAddresses } from './loopback.js'
import {
  isAboutCertificate,
  issuerOf,
  isUnknownIssuer,
  type TlsTrouble,
  type Trust,
  verifiedTls,
} from './tls.js'

export type Connection =
  | { kind: 'open'; socket: Socket }
  /** Nothing can have reached the server. */
  | { kind: 'failed'; what: string; tls?: TlsTrouble }

interface Address {
  host: string
  port: number
}

/** Takes each connection as it begins, so that a caller that gives up can end them all. */
export type OnConnection = (connection: { destroy: () => unknown }) => void

const badProxy = { kind: 'failed', what: 'the proxy setting is no usable URL' } as const

/** Connects to the server of `url`, through `proxy` (null: directly). Never throws; waits until `keep` ends it. */
export async function openConnection(
  url: URL,
  proxy: string | null,
  trust: Trust,
  keep: OnConnection,
): Promise<Connection> {
  if (url.protocol !== 'https:') return withoutTls(url, keep)
  const connection = await opened(url, proxy, trust, false, keep)
  const mayHelp =
    connection.kind === 'failed' && trust.isLazy && isUnknownIssuer(connection.tls?.code ?? '')
  return mayHelp ? opened(url, proxy, trust, true, keep) : connection
}

/** Only to a server on this machine that is known to be root's or this user's. */
async function withoutTls(url: URL, keep: OnConnection): Promise<Connection> {
  if (url.protocol !== 'http:' || loopbackAddresses(url.hostname).length === 0)
    return { kind: 'failed', what: 'not https, and not on loopback' }
  try {
    const { port } = addressOf(url)
    const socket = await connectTrusted(url.hostname, port, process.geteuid?.() ?? -1, keep)
    socket.on('error', () => undefined)
    return { kind: 'open', socket }
  } catch (error) {
    return { kind: 'failed', what: error instanceof AuthError ? error.message : reason(error) }
  }
}

async function opened(
  url: URL,
  proxy: string | null,
  trust: Trust,
  all: boolean,
  keep: OnConnection,
): Promise<Connection> {
  const server = addressOf(url)
  const connection =
    proxy === null ? await connected(server, keep) : await tunnel(proxy, server, trust, all, keep)
  if (connection.kind === 'failed') return connection
  return secured(connection.socket, server, trust, all, keep)
}

function addressOf({ hostname, port, protocol }: URL): Address {
  const usual = protocol === 'https:' ? 443 : 80
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) }
}

async function connected(address: Address, keep: OnConnection): Promise<Connection> {
  const { connect } = await import('node:net')
  return new Promise(resolve => {
    const socket = connect(address)
    keep(socket)
    socket.once('connect', () => resolve({ kind: 'open', socket }))
    socket.on('error', error => resolve({ kind: 'failed', what: reason(error) }))
  })
}

async function secured(
  below: Socket,
  { host }: Address,
  trust: Trust,
  all: boolean,
  keep: OnConnection,
): Promise<Connection> {
  const { connect } = await import('node:tls')
  const options = await verifiedTls(trust, all)
  return new Promise(resolve => {
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket = connect({ ...options, socket: below, host, ...servername })
    keep(socket)
    let issuer: string | null = null
    socket.prependOnceListener('secure', () => {
      issuer = issuerOf(socket)
    })
    socket.once('secureConnect', () => resolve({ kind: 'open', socket }))
    socket.on('error', error => resolve(refused(host, reason(error), issuer)))
  })
}

function refused(host: string, code: string, issuer: string | null): Connection {
  if (!isAboutCertificate(code)) return { kind: 'failed', what: code }
  const by = issuer === null ? '' : `, issued by ${issuer}`
  const what = `the certificate of ${host} ${objection(code)} (${code}${by})`
  return { kind: 'failed', what, tls: { host, code, issuer } }
}

function objection(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'has expired'
  if (code === 'CERT_NOT_YET_VALID') return 'is not valid yet'
  if (/ALTNAME|HOSTNAME/.test(code)) return 'is for another host'
  return 'is not trusted'
}

/** A tunnel to `server` (RFC 9110 §9.3.6); its other end is the server's. */
async function tunnel(
  proxy: string,
  server: Address,
  trust: Trust,
  all: boolean,
  keep: OnConnection,
): Promise<Connection> {
  const way = proxyOf(proxy)
  if (way === null) return badProxy
  const { address, isSecure, authorization } = way
  const plain = await connected(address, keep)
  const connection =
    plain.kind === 'open' && isSecure
      ? await secured(plain.socket, address, trust, all, keep)
      : plain
  if (connection.kind === 'failed') return connection
  const { request } = await import('node:http')
  const path = `${isIP(server.host) === 6 ? `[${server.host}]` : server.host}:${server.port}`
  return new Promise(resolve => {
    const asked = request({
      method: 'CONNECT',
      path,
      headers: { host: path, ...authorization },
      createConnection: () => connection.socket,
    })
    asked.on('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299)
        return resolve({ kind: 'failed', what: `the proxy refused (HTTP ${statusCode})` })
      if (head.length > 0) socket.unshift(head)
      socket.on('error', () => undefined)
      resolve({ kind: 'open', socket })
    })
    asked.on('error', error => resolve({ kind: 'failed', what: reason(error) }))
    asked.end()
  })
}

/** Null for what is no address. Whatever scheme but https it names, the client speaks HTTP with it (2.1.332, `socks5:`). */
function proxyOf(
  proxy: string,
): { address: Address; isSecure: boolean; authorization: Record<string, string> } | null {
  try {
    const url = new URL(proxy)
    if (url.hostname === '') return null
    const [user, password] = [url.username, url.password].map(decodeURIComponent)
    const pair = Buffer.from(`${user}:${password}`).toString('base64')
    return {
      address: addressOf(url),
      isSecure: url.protocol === 'https:',
      authorization: user || password ? { 'proxy-authorization': `Basic ${pair}` } : {},
    }
  } catch {
    return null
  }
}

/** The error's code only: a library's message may quote what was sent. */
export function reason(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'the connection failed'
}

export interface ConnectionPool {
  /** An idle one that is still open; null: a new one has to be opened. */
  take: (keep: OnConnection) => Extract<Connection, { kind: 'open' }> | null
  /** Keeps the connection after a whole reply; false where the server has said that it ends. */
  give: (socket: Socket, request: ClientRequest) => boolean
}

/** An empty pool. Idle connections don't keep the process alive. */
export function connectionPool(): ConnectionPool {
  const idle: Socket[] = []
  return {
    take: keep => {
      for (let socket = idle.pop(); socket !== undefined; socket = idle.pop()) {
        if (socket.destroyed || !socket.writable || socket.readableEnded) continue
        socket.ref()
        keep(socket)
        return { kind: 'open', socket }
      }
      return null
    },
    give: (socket, request) => {
      if (!request.shouldKeepAlive || socket.destroyed) return false
      // Node detaches its parser only after it has reported the reply's end.
      socket.once('free', () => {
        socket.unref()
        idle.push(socket)
      })
      return true
    },
  }
}
