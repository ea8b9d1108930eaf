// One HTTP request with a hard deadline, told apart by what may have reached the server.

import type { ClientRequest, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { collect, type HttpReply, replyOf } from './http-reply.js'

/** How requests leave this machine. */
export interface Network {
  /** The proxy for a URL, or null for none; `HTTPS_PROXY` and `NO_PROXY` decide. */
  proxyFor: (url: string) => string | null
  /** Extra trusted certificates (PEM) beside Node's own; null when Node has loaded them itself. */
  extraCa: string | null
  userAgent: string
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  url: string
  headers?: Record<string, string>
  body?: string
  /** From the first look-up to the last byte. */
  timeoutMs: number
}

/** `not-sent`: nothing can have reached the server. `cut`: it may have, but no whole reply came. */
export type HttpOutcome =
  | HttpReply
  | { kind: 'not-sent'; what: string }
  | { kind: 'cut'; what: string }

/** Sends one request on a connection of its own. Follows no redirect. Never throws. */
export async function send(network: Network, request: HttpRequest): Promise<HttpOutcome> {
  const url = new URL(request.url)
  const secure = url.protocol === 'https:'
  const { request: start } = secure ? await import('node:https') : await import('node:http')
  const options = await optionsFor(network, request, url).catch(() => null)
  if (options === null) return { kind: 'not-sent', what: 'the proxy setting is no usable URL' }
  return new Promise(resolve => {
    let sent = false
    const fail = (what: string) => resolve({ kind: sent ? 'cut' : 'not-sent', what })
    const outgoing = started(() => start(url, options))
    if (outgoing === null) return fail('the request could not be made')
    const timer = setTimeout(() => stop('no answer in time'), request.timeoutMs)
    outgoing.on('response', incoming => {
      sent = true
      collect(incoming, body => {
        if (body === null) return stop('the reply is too large')
        clearTimeout(timer)
        resolve(replyOf(incoming, body))
      })
      incoming.on('error', error => stop(reason(error)))
      incoming.on('aborted', () => stop('the connection ended in the middle of the reply'))
    })
    const stop = (what: string) => {
      clearTimeout(timer)
      fail(what)
      outgoing.destroy()
    }
    outgoing.on('socket', socket => onReady(socket, secure, () => (sent = true)))
    outgoing.on('error', error => stop(reason(error)))
    // What a proxy says to CONNECT is not the server's answer, though it would be handed on as that.
    outgoing.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) stop(`the proxy refused (HTTP ${statusCode})`)
    })
    outgoing.end(request.body)
  })
}

/** Null where Node refuses a header or a certificate: its message could quote them. */
function started(start: () => ClientRequest): ClientRequest | null {
  try {
    return start()
  } catch {
    return null
  }
}

async function optionsFor(
  network: Network,
  request: HttpRequest,
  url: URL,
): Promise<RequestOptions> {
  const body = request.body
  const headers = {
    'user-agent': network.userAgent,
    accept: 'application/json',
    connection: 'close',
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...request.headers,
  }
  const options = { method: request.method, headers, ...(await trust(network, url)) }
  const proxy = network.proxyFor(request.url)
  if (proxy === null) return { ...options, agent: false }
  const { HttpsProxyAgent } = await import('https-proxy-agent')
  return { ...options, agent: new HttpsProxyAgent(proxy) }
}

const contexts = new WeakMap<Network, SecureContext>()

/** Made once for each network: Node's own authorities take 40 ms to parse. */
async function trust(
  network: Network,
  { protocol }: URL,
): Promise<{ secureContext?: SecureContext }> {
  const { extraCa } = network
  if (extraCa === null || protocol !== 'https:') return {}
  const { createSecureContext, rootCertificates } = await import('node:tls')
  const known = contexts.get(network)
  const secureContext = known ?? createSecureContext({ ca: [...rootCertificates, extraCa] })
  contexts.set(network, secureContext)
  return { secureContext }
}

/** Calls `ready` when request bytes can begin to reach the server: not before TLS is agreed on. */
function onReady(
  socket: Socket & { secureConnecting?: boolean },
  secure: boolean,
  ready: () => void,
) {
  const waiting = secure ? socket.secureConnecting !== false : socket.connecting
  if (waiting) socket.once(secure ? 'secureConnect' : 'connect', ready)
  else ready()
}

/** The error's code only: a library's message may quote what was sent. */
function reason(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'the connection failed'
}
