// One HTTP request and its whole reply, with a hard deadline; failures distinguish what may have reached the server.

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { mayBegin, requestBegun } from '../system/gate.js'
import { systemCode } from '../system/trouble.js'
import {
  type Connection,
  type ConnectionPool,
  type OnConnection,
  openConnection,
  reason,
} from './connection.js'
import type { TlsTrouble, Trust } from './tls.js'

/** How requests leave this machine. */
export interface Network {
  /** The proxy for a URL of the client's servers, or null for none. */
  proxyFor: (url: string) => string | null
  /** The same for servers of the site, such as a store's. */
  siteProxyFor: (url: string) => string | null
  trust: Trust
  userAgent: string
}

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'LIST'
  url: string
  headers?: Record<string, string>
  body?: string
  /** From the first look-up to the last byte. */
  timeoutMs: number
  /** Given the body of a reply with status 200 in parts as it comes; the reply then has none. */
  take?: (part: Buffer) => void
}

/** `not-sent`: nothing can have reached the server. `cut`: it may have, but no whole reply came. */
export type HttpOutcome =
  | HttpReply
  | { kind: 'not-sent'; what: string; tls?: TlsTrouble }
  | { kind: 'cut'; what: string }

/**
 * Sends one request, on a connection of its own or on one of `kept`, where all requests go to one server. Follows no
 * redirect. Never throws. Without TLS only to loopback, past any proxy, and only to a server of root's or this user's
 * (`loopback.ts`).
 */
export function send(
  network: Network,
  request: HttpRequest,
  kept: ConnectionPool | null = null,
): Promise<HttpOutcome> {
  const url = new URL(request.url)
  if (!mayBegin()) return Promise.resolve({ kind: 'not-sent', what: 'this run takes too long' })
  const isDone = requestBegun()
  const begun: { destroy: () => unknown }[] = []
  let isOver = false
  let sent = false
  return new Promise(resolve => {
    const end = (outcome: HttpOutcome) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      isDone()
      resolve(outcome)
      for (const each of begun) each.destroy()
    }
    const stop = (what: string) => end({ kind: sent ? 'cut' : 'not-sent', what })
    const timer = setTimeout(() => stop('no answer in time'), request.timeoutMs)
    const keep: OnConnection = connection => {
      begun.push(connection)
      if (isOver) connection.destroy()
    }
    const ask = async () => {
      const connection: Connection =
        kept?.take(keep) ??
        (await openConnection(url, network.proxyFor(request.url), network.trust, keep))
      if (connection.kind === 'failed') return end({ ...connection, kind: 'not-sent' })
      const outgoing = await started(network, request, connection.socket, kept !== null)
      if (isOver) return
      if (outgoing === null) return stop('the request could not be made')
      outgoing.on('response', incoming => {
        collect(incoming, request.take, body => {
          if (body === null) return stop(tooLarge)
          // A pooled connection stays open.
          if (kept?.give(connection.socket, outgoing) === true) begun.length = 0
          end(replyOf(incoming, body))
        })
        incoming.on('error', error => stop(reason(error)))
        incoming.on('aborted', () => stop('the connection ended in the middle of the reply'))
      })
      outgoing.on('error', error => stop(reason(error)))
      sent = true
      // An end before the listener was attached is not reported again.
      outgoing.on('socket', ({ readableEnded, destroyed }) => {
        if (readableEnded || destroyed) stop('ECONNRESET')
      })
      outgoing.end(request.body)
    }
    ask().catch(error => stop(reason(error)))
  })
}

/** The request on an open connection; null if Node refuses a header, since its message could quote it. */
async function started(
  network: Network,
  request: HttpRequest,
  socket: Socket,
  isKept: boolean,
): Promise<ClientRequest | null> {
  const { request: start } = await import('node:http')
  const { host, pathname, search } = new URL(request.url)
  const headers = { host, ...headersOf(network, request, isKept) }
  const { method } = request
  try {
    return start({ method, path: pathname + search, headers, createConnection: () => socket })
  } catch {
    return null
  }
}

function headersOf(
  network: Network,
  { body, headers }: HttpRequest,
  isKept: boolean,
): Record<string, string> {
  return {
    'user-agent': network.userAgent,
    accept: 'application/json',
    // Where nothing is said, a server may choose (RFC 9110 §12.5.3).
    'accept-encoding': 'identity',
    connection: isKept ? 'keep-alive' : 'close',
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
}

export interface HttpReply {
  kind: 'reply'
  status: number
  body: Buffer
  /** The server's clock (`Date`), if it tells. */
  serverNowMs: number | null
  retryAfterMs: number | null
}

const largestReply = 2 * 1024 * 1024
/** The `what` of an outcome whose reply was larger than any honest one. */
export const tooLarge = 'the reply is too large'

/**
 * Gives the whole body, unpacked where it came packed, or null when it is longer than any honest reply. What `take` is given is no
 * part of it.
 */
function collect(
  incoming: IncomingMessage,
  take: HttpRequest['take'],
  give: (body: Buffer | null) => void,
) {
  const coding = incoming.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const isTaken = take !== undefined && incoming.statusCode === 200
  const parts: Buffer[] = []
  let length = 0
  incoming.on('data', (part: Buffer) => {
    length += part.length
    if (length > largestReply) give(null)
    else if (isTaken && coding === 'identity') take(part)
    else parts.push(part)
  })
  const end = (body: Buffer) => {
    if (isTaken && body.length > 0) take(body)
    give(isTaken ? Buffer.alloc(0) : body)
  }
  incoming.on('end', () => {
    if (!incoming.complete) return
    const body = Buffer.concat(parts)
    if (coding === 'identity') end(body)
    else void unpacked(body, coding).then(whole => (whole === null ? give(null) : end(whole)))
  })
}

/** Compression was not requested, but a middlebox may compress a reply with the only copy of a token. Else it stays as it came. */
async function unpacked(body: Buffer, coding: string): Promise<Buffer | null> {
  const { gunzipSync, inflateSync, brotliDecompressSync } = await import('node:zlib')
  const ways = {
    gzip: gunzipSync,
    'x-gzip': gunzipSync,
    deflate: inflateSync,
    br: brotliDecompressSync,
  }
  const unpack = Object.entries(ways).find(([name]) => name === coding)?.[1]
  try {
    return unpack?.(body, { maxOutputLength: largestReply }) ?? body
  } catch (error) {
    return systemCode(error) === 'ERR_BUFFER_TOO_LARGE' ? null : body
  }
}

/** The status, the body and the two headers that count. */
function replyOf(incoming: IncomingMessage, body: Buffer): HttpReply {
  const serverNowMs = Date.parse(incoming.headers.date ?? '')
  return {
    kind: 'reply',
    status: incoming.statusCode ?? 0,
    body,
    serverNowMs: Number.isNaN(serverNowMs) ? null : serverNowMs,
    retryAfterMs: retryAfter(incoming.headers['retry-after'], serverNowMs),
  }
}

/** RFC 9110 §10.2.3: seconds or a date; a date counts from the server's own clock. */
function retryAfter(value: string | undefined, serverNowMs: number): number | null {
  if (value === undefined) return null
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value) - serverNowMs
  return Number.isNaN(at) || at < 0 ? null : at
}
