// What a failed request to Vault means, as a trouble for a person. Pure.

import { untrustedServer } from '../../anthropic/loopback.js'
import { makeTrouble } from '../../system/trouble.js'
import type { StoreTrouble } from '../store.js'
import type { VaultReply } from './client.js'

type RefusedReply = Extract<VaultReply, { kind: 'reply' }>

/** What a person types once the cause is mended. */
const afterwards = 'claude-auth ensure --force'

/**
 * The trouble behind `reply` to a request for `path`, whose plain answers the caller has already
 * taken out. A 403 means a missing policy here: only `lookup-self` tells that from a dead token.
 */
export function troubleOf(reply: VaultReply, path: string): StoreTrouble {
  if (reply.kind === 'not-sent') return notSent(reply)
  if (reply.kind === 'cut') {
    if (isLate(reply.what)) return late(reply.what)
    return unreachable('Vault gave no whole answer', reply.what)
  }
  const { status } = reply
  if (status === 503)
    return unreachable(isSealed(reply) ? 'Vault is sealed' : 'Vault is not available', '503')
  if (status === 429) return unreachable('Vault takes no more requests for now', '429')
  if (status === 472 || status === 473) return unreachable('Vault is on standby', String(status))
  if (status >= 300 && status < 400)
    return unreachable('Vault sends requests elsewhere', String(status), 'it is not followed')
  if (status >= 500) return unreachable('Vault failed', String(status))
  if (status === 403 && !isVaults(reply)) return refusedByAnother(path)
  if (!isVaults(reply) || status < 300)
    return denied("the answer is not Vault's", `${status} for ${path}`, 'see vault.address')
  if (status === 403) return noPolicy(path)
  if (status === 404) return noEngine(reply, path)
  if (status === 405) return wrongVersion(path)
  return denied('Vault refused the request', `${status} for ${path}`, 'see vault.path')
}

/** The token lives, and nothing lets it do this. */
export function noPolicy(path: string): StoreTrouble {
  const can = 'create, read and update'
  return denied(
    'the Vault token has no policy for this',
    path,
    `ask the Vault administrator for ${can} on it`,
  )
}

/** KV version 1 would take a write without check-and-set. */
export function wrongVersion(path: string): StoreTrouble {
  return denied('the engine in Vault is not KV version 2', path, 'see vault.mount')
}

/** Vault itself refuses in JSON. */
export function refusedByAnother(path: string): StoreTrouble {
  return unreachable(
    'something that is not Vault refused this',
    `403 for ${path}`,
    'a proxy, perhaps',
  )
}

/** Is it of Vault's shape? A failure always has `errors`. */
export function isVaults({ status, body }: RefusedReply): boolean {
  return body !== null && (status < 300 || Array.isArray(body['errors']))
}

function notSent({ what, tls }: Extract<VaultReply, { kind: 'not-sent' }>): StoreTrouble {
  if (what.includes('WRONG_VERSION_NUMBER'))
    return denied('no TLS is spoken at vault.address', what)
  if (what.includes('CERT_HAS_EXPIRED'))
    return denied('the certificate of Vault has expired', what, 'tell the Vault administrator')
  if (what.includes('ALTNAME_INVALID'))
    return denied('the certificate of Vault has another name', what, 'see vault.address')
  if (what.includes(untrustedServer))
    return denied(
      'no token is sent to Vault without TLS there',
      what,
      'have Vault listen with TLS and set vault.address to https://',
    )
  if (what.includes('not https')) return denied('vault.address may not be used', what)
  if (tls)
    return denied(
      'the certificate of Vault is not trusted',
      what,
      "name its authority's file as vault.caCert in the configuration",
    )
  if (/ENOTFOUND|EAI_/.test(what)) return unreachable('the name of Vault is not found', what)
  if (isLate(what)) return late(what)
  return unreachable("Vault can't be reached", what)
}

/** 404 with a text: an absent document has none. */
function noEngine({ errors }: RefusedReply, path: string): StoreTrouble {
  if (errors.some(error => /namespace/i.test(error)))
    return denied('Vault has no such namespace', `for ${path}`, 'see vault.namespace')
  return denied('Vault has no engine at this path', path, 'see vault.mount and vault.namespace')
}

function isSealed({ errors }: RefusedReply): boolean {
  return errors.some(error => /sealed/i.test(error))
}

function isLate(what: string): boolean {
  return /in time|ETIMEDOUT/.test(what)
}

function late(what: string): StoreTrouble {
  return unreachable('Vault did not answer in time', what.replace(/: no answer in time$/, ''))
}

function unreachable(cause: string, place: string, advice: string | null = null): StoreTrouble {
  return { kind: 'unreachable', trouble: makeTrouble(cause, { place, advice }) }
}

function denied(cause: string, place: string, advice: string | null = null): StoreTrouble {
  return { kind: 'denied', trouble: makeTrouble(cause, { place, advice, command: afterwards }) }
}
