// Plain HTTP on loopback: the kernel's tables tell whose server a secret would reach, before and after connecting.

import { closeSync, constants } from 'node:fs'
import { connect, isIP, type Socket } from 'node:net'
import { endianness } from 'node:os'
import { openRegular, startOf } from '../system/open-file.js'
import { AuthError } from '../system/trouble.js'

/** Part of every refusal of this file, so that a caller can tell it from a server that is away. */
export const untrustedServer = 'is not known to be yours or root’s'

/** One TCP socket of this network namespace (proc_net_tcp): addresses as 16 bytes in hex, IPv4 mapped. */
interface TcpRow {
  address: string
  port: number
  isListening: boolean
  /** Owner of the socket, as this user namespace numbers it. */
  uid: number
  inode: string
}

/** The listening sockets at an address, named by their inodes; or none. */
export type Listener =
  | { kind: 'nobody' }
  | { kind: 'trusted'; inodes: string }
  | { kind: 'foreign'; uid: number }

const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
const listening = '0A'
const anyV4 = `${'0'.repeat(20)}ffff${'0'.repeat(8)}`
const anyV6 = '0'.repeat(32)

/** The addresses that a URL's loopback name stands for; empty for any other name. */
export function loopbackAddresses(hostname: string): string[] {
  // Not looked up: only /etc/hosts says that it is this machine, and a resolver may say otherwise.
  if (hostname === 'localhost') return ['127.0.0.1', '::1']
  if (/^127\.\d+\.\d+\.\d+$/.test(hostname)) return [hostname]
  return hostname === '[::1]' ? ['::1'] : []
}

/**
 * Connects to a loopback address of `hostname` whose listener is root's or `uid`'s, and resolves only if the
 * very same sockets still listened there when the connection stood: so it is theirs.
 * `keep` is handed the connection as it begins.
 * @throws AuthError `not-private`, its message ending in `untrustedServer`; what `connect` fails with
 */
export async function connectTrusted(
  hostname: string,
  port: number,
  uid: number,
  keep: (connection: Socket) => void,
): Promise<Socket> {
  const { address, listener } = bestOf(hostname, port, uid)
  if (listener.kind === 'foreign') throw refused(address, port, listener.uid)
  // As the system reports a port without a listener.
  if (listener.kind === 'nobody')
    throw Object.assign(new Error('nobody listens there'), { code: 'ECONNREFUSED' })
  const socket = await connected(address, port, keep)
  const now = listenerAt(address, port, uid)
  if (now.kind === 'trusted' && now.inodes === listener.inodes) return socket
  socket.destroy()
  throw refused(address, port, now.kind === 'foreign' ? now.uid : null)
}

/** Whose server a request to `url` would reach now; null where TLS proves it, or it is not on loopback. */
export function listenerFor(url: string, uid: number): Listener | null {
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'http:' || loopbackAddresses(hostname).length === 0) return null
  return bestOf(hostname, Number(port || 80), uid).listener
}

/** Of the addresses of `localhost`, one with a trusted server; else one with a server at all. */
function bestOf(
  hostname: string,
  port: number,
  uid: number,
): { address: string; listener: Listener } {
  const found = loopbackAddresses(hostname).map(address => ({
    address,
    listener: listenerAt(address, port, uid),
  }))
  const kinds = ['trusted', 'foreign', 'nobody']
  found.sort((a, b) => kinds.indexOf(a.listener.kind) - kinds.indexOf(b.listener.kind))
  return found[0] ?? { address: hostname, listener: { kind: 'nobody' } }
}

function refused(address: string, port: number, uid: number | null): AuthError {
  const whose = uid === null || Number.isNaN(uid) ? '' : ` (user ${uid})`
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return new AuthError('not-private', `the server at ${where}${whose} ${untrustedServer}`)
}

function connected(
  host: string,
  port: number,
  keep: (connection: Socket) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    keep(socket)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}

/** Whose socket takes a connection to `address`, by the tables of this network namespace. */
export function listenerAt(address: string, port: number, uid: number): Listener {
  const rows: TcpRow[] = []
  for (const path of tables) {
    const text = readTable(path)
    // Without IPv6 there is one table; without any nothing is known.
    if (text !== null) rows.push(...parseTcpTable(text))
    else if (path === tables[0]) return { kind: 'foreign', uid: Number.NaN }
  }
  return listenerIn(rows, address, port, uid)
}

/**
 * The kernel prefers a socket bound to the address itself to one bound to all of its family, and that to
 * one of both families; several at one place (SO_REUSEPORT) share the connections, so all must be trusted.
 */
export function listenerIn(
  rows: readonly TcpRow[],
  address: string,
  port: number,
  uid: number,
): Listener {
  const key = addressKey(address)
  const places = isIP(address) === 4 ? [key, anyV4, anyV6] : [key, anyV6]
  const open = rows.filter(row => row.isListening && row.port === port)
  for (const place of places) {
    const there = open.filter(row => row.address === place)
    if (there.length === 0) continue
    const stranger = there.find(row => row.uid !== uid && row.uid !== 0)
    if (stranger) return { kind: 'foreign', uid: stranger.uid }
    return { kind: 'trusted', inodes: there.map(row => row.inode).join(' ') }
  }
  return { kind: 'nobody' }
}

const pieceBytes = 8192
/** A line of 150 bytes for each socket: more than half a million that listen. */
const tableMaxBytes = 64 * 1024 * 1024

/**
 * The part of a table that holds its listening sockets; null where it can't be read. They stand before all others
 * (the kernel's documentation of proc_net_tcp), so thousands of connections of other users cause no wait.
 */
function readTable(path: string): string | null {
  let table: number | null = null
  try {
    table = openRegular(path, constants.O_RDONLY)
    let text = ''
    while (!hasOtherThanListening(text)) {
      const piece = startOf(table, pieceBytes, text.length)
      if (piece.length === 0 || text.length > tableMaxBytes) break
      text += piece.toString('latin1')
    }
    return text
  } catch {
    return null
  } finally {
    if (table !== null) closeSync(table)
  }
}

/** Whether the last whole row of a table is past its listening sockets. */
export function hasOtherThanListening(text: string): boolean {
  const lastRow = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1) ?? ''
  const state = /^ *\d+: \S+ \S+ ([0-9A-F]{2}) /.exec(lastRow)?.[1]
  return state !== undefined && state !== listening
}

/** The rows of `/proc/net/tcp` or `tcp6`; lines of another form are skipped. */
export function parseTcpTable(text: string, byteOrder: 'LE' | 'BE' = endianness()): TcpRow[] {
  return text.split('\n').flatMap(line => {
    const [, local = '', , state, , , , uid, , inode = ''] = line.trim().split(/\s+/)
    const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local) ?? []
    if (hex === undefined || port === undefined || !/^\d+$/.test(uid ?? '')) return []
    return [
      {
        address: mapped(wordsInOrder(hex, byteOrder)),
        port: Number.parseInt(port, 16),
        isListening: state === listening,
        uid: Number(uid),
        inode,
      },
    ]
  })
}

/** The kernel prints each 32 bits as a number of this machine. */
function wordsInOrder(hex: string, byteOrder: 'LE' | 'BE'): string {
  const words = hex.toLowerCase().match(/.{8}/g) ?? []
  if (byteOrder === 'BE') return words.join('')
  return words.map(word => (word.match(/../g) ?? []).reverse().join('')).join('')
}

function mapped(hex: string): string {
  return hex.length === 8 ? `${'0'.repeat(20)}ffff${hex}` : hex
}

function addressKey(address: string): string {
  if (isIP(address) === 4)
    return mapped(
      address
        .split('.')
        .map(part => Number(part).toString(16).padStart(2, '0'))
        .join(''),
    )
  return `${'0'.repeat(31)}1`
}
