// Talking to Vault or OpenBao: the only file that knows node-vault, on a transport of our own.

import type { ConnectionPool } from '../../anthropic/connection.js'
import { type HttpOutcome, type Network, send, tooLarge } from '../../anthropic/http.js'
import { trusting } from '../../anthropic/tls.js'
import { serverAddress } from '../../system/endpoint.js'
import { type JsonObject, jsonObject } from '../../system/json.js'

export interface VaultPlace {
  /** `https://…`, or `http://` on loopback. */
  address: string
  namespace: string | null
  /** PEM text of the authorities to trust beside Node's own. */
  caCert: string | null
  /** From the first look-up to the last byte of each request. */
  timeoutMs: number
  network: Network
  /** Connections that outlive one request, for who sends many; null: one each. */
  kept?: ConnectionPool | null
}

export interface VaultRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'LIST'
  /** Without `/v1/`. */
  path: string
  /** Null only for a sign-in. */
  token: string | null
  /** JSON text, sent as it is. */
  body?: string
  /** The answer is wrapped for so long (`10m`), to be unwrapped once. */
  wrapTtl?: string
  /** Given the reply with status 200 in parts as it comes; its `text` is then empty. */
  take?: (part: Buffer) => void
}

/** The result of a request, without any token or sent text. `text` and `body` are the document's. */
export type VaultReply =
  | {
      kind: 'reply'
      status: number
      /** Null for anything but a JSON object. */
      body: JsonObject | null
      /** The reply as it came: JSON numbers of others survive in it. */
      text: string
      /** The server's clock (`Date`). */
      serverNowMs: number | null
      /** For how long the server wants to be left alone (`Retry-After`). */
      retryAfterMs: number | null
      errors: string[]
    }
  /** `tls`: the server's certificate is not trusted. */
  | { kind: 'not-sent'; what: string; tls: boolean }
  /** It may have been carried out. */
  | { kind: 'cut'; what: string }

/** Was the reply larger than any honest one? */
export function isTooLarge(reply: VaultReply): boolean {
  return reply.kind === 'cut' && reply.what.endsWith(tooLarge)
}

export interface VaultClient {
  request: (request: VaultRequest) => Promise<VaultReply>
}

/** What node-vault hands to its transport, with our own member of what it was asked. */
interface Outgoing {
  uri: string
  headers: Record<string, string>
  carry: (outgoing: Outgoing) => Promise<void>
}

/** Nothing is loaded or asked before the first request. Never throws; the environment has no say. */
export function vaultClient(place: VaultPlace): VaultClient {
  const { address, namespace, timeoutMs, kept = null } = place
  const network = networkTo(place)
  let loading: ReturnType<typeof loadLibrary> | null = null
  return {
    request: async ({ method, path, token, body, wrapTtl, take }) => {
      // The configuration is checked already; a token that went out in clear could not be called back.
      if (serverAddress(address) === null) return notSent(`${address}: not https`)
      let reply = notSent(`${address}: the request could not be made`)
      const carry = async ({ uri, headers }: Outgoing) => {
        const content = body === undefined ? {} : { body }
        const taken = take === undefined ? {} : { take }
        const asked = { method, url: uri, headers, timeoutMs, ...content, ...taken }
        reply = replyOf(await send(network, asked, kept), address)
      }
      loading ??= loadLibrary(address)
      const library = await loading
      // Set afterwards, since the library replaces empty options by the environment's; it reads these synchronously.
      Object.assign(library, {
        token: token ?? '',
        namespace: namespace ?? '',
        pathPrefix: '',
      })
      const wrap = wrapTtl === undefined ? {} : { 'x-vault-wrap-ttl': wrapTtl }
      const headers = { 'x-vault-request': 'true', ...typeOf(method, body), ...wrap }
      await library.request({ method, path: `/${path}`, headers, carry }).catch(() => undefined)
      return reply
    },
  }
}

/** The library once for all requests of a client, on a transport that lets each request carry itself. */
async function loadLibrary(endpoint: string) {
  const { default: nodeVault } = await import('node-vault')
  const transport = async (outgoing: Outgoing) => {
    await outgoing.carry(outgoing)
    // Every reply looks like success to the library: it has nothing to print, throw or follow.
    return { statusCode: 204, body: null, request: { path: '' } }
  }
  return nodeVault({
    apiVersion: 'v1',
    endpoint,
    debug: () => undefined,
    'request-promise': { defaults: () => transport },
  } as Parameters<typeof nodeVault>[0])
}

function typeOf(method: VaultRequest['method'], body: string | undefined): Record<string, string> {
  if (body === undefined) return {}
  const kind = method === 'PATCH' ? 'merge-patch+json' : 'json'
  return { 'content-type': `application/${kind}` }
}

/** Loopback is never behind a proxy. */
function networkTo({ network, caCert, address }: VaultPlace): Network {
  const isHere = /^https?:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?:[:/]|$)/.test(address)
  return {
    ...network,
    proxyFor: isHere ? () => null : network.siteProxyFor,
    // The certificate that the client shows to its own servers is not for Vault.
    trust: { ...trusting(network.trust, caCert), ownCertificate: null },
  }
}

function notSent(what: string): VaultReply {
  return { kind: 'not-sent', what, tls: false }
}

function replyOf(outcome: HttpOutcome, address: string): VaultReply {
  if (outcome.kind !== 'reply') {
    const tls = outcome.kind === 'not-sent' ? outcome.tls : undefined
    const what = `${address}: ${tls?.code ?? outcome.what}`
    if (outcome.kind === 'cut') return { kind: 'cut', what }
    return { kind: 'not-sent', what, tls: tls !== undefined }
  }
  const { status, serverNowMs, retryAfterMs } = outcome
  const text = outcome.body.toString()
  // Parsed lazily: some callers only read the text of a long reply.
  let body: JsonObject | null | undefined
  return {
    kind: 'reply',
    status,
    get body() {
      if (body === undefined) body = jsonObject(text)
      return body
    },
    text,
    serverNowMs,
    retryAfterMs,
    get errors() {
      const errors = this.body?.['errors']
      return Array.isArray(errors) ? errors.filter(each => typeof each === 'string') : []
    },
  }
}
