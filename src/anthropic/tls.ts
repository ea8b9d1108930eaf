// TLS that is always verified, regardless of environment variables: the options of every connection, and what a failure means.

import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls'

/** What a server's certificate is judged by. */
export interface Trust {
  /** The authorities that come with Node count. */
  bundled: boolean
  /** PEM texts of further authorities, read when they are needed first. */
  authorities: () => string[]
  /** True: Node's own are tried first, so that the others are rarely read. */
  isLazy: boolean
  /** Our client certificate and key (PEM), or null. */
  ownCertificate: { cert: string; key: string; passphrase: string | null } | null
}

/** Why TLS failed; `issuer` as the certificate itself names it. */
export interface TlsTrouble {
  host: string
  /** Node's code (OpenSSL's name, or its own). */
  code: string
  issuer: string | null
}

/** Trust in `more` (PEM text) beside what `trust` has. */
export function trusting(trust: Trust, more: string | null): Trust {
  if (more === null) return trust
  return { ...trust, isLazy: false, authorities: () => [...trust.authorities(), more] }
}

const contexts = new WeakMap<Trust, { few?: SecureContext; all?: SecureContext }>()

/**
 * The options of a connection, without the address. All are explicit: Node fills gaps from its flags and the environment.
 * `all`: uses every authority, even if the trust is lazy.
 */
export async function verifiedTls(trust: Trust, all: boolean): Promise<ConnectionOptions> {
  const { checkServerIdentity } = await import('node:tls')
  const made = contexts.get(trust) ?? {}
  const kind = all || made.all || !trust.isLazy ? 'all' : 'few'
  const secureContext = made[kind] ?? (await contextOf(trust, kind))
  contexts.set(trust, { ...made, [kind]: secureContext })
  return {
    secureContext,
    rejectUnauthorized: true,
    checkServerIdentity,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  }
}

/** Parsing takes some 20 ms, so each is made once. */
async function contextOf(trust: Trust, kind: 'few' | 'all'): Promise<SecureContext> {
  const { createSecureContext, rootCertificates } = await import('node:tls')
  const { passphrase, ...pair } = trust.ownCertificate ?? { passphrase: null }
  const own = { ...pair, ...(passphrase === null ? {} : { passphrase }) }
  const make = (ca: string[] | null, identity: object) =>
    createSecureContext({
      minVersion: 'TLSv1.2',
      ...identity,
      // One text each: in a joint text, everything after an unreadable one is dropped silently.
      ...(ca === null ? {} : { ca }),
    })
  const ca =
    kind === 'few' ? null : [...(trust.bundled ? rootCertificates : []), ...trust.authorities()]
  try {
    return make(ca, own)
  } catch {
    // Drops only the unreadable certificate, or the key that does not fit.
    return make(ca === null ? null : await usable(ca), {})
  }
}

async function usable(pems: string[]): Promise<string[]> {
  const { X509Certificate } = await import('node:crypto')
  return pems.filter(pem => {
    try {
      return new X509Certificate(pem).fingerprint256 !== ''
    } catch {
      return false
    }
  })
}

/** The issuer of the server's certificate, printable; to be read before the certificate is judged. */
export function issuerOf(socket: TLSSocket): string | null {
  const issuer: Record<string, unknown> = { ...socket.getPeerCertificate().issuer }
  const name = issuer['CN'] ?? issuer['O'] ?? issuer['OU']
  return typeof name === 'string' ? name.replace(/[^\p{L}\p{N} .,'&_-]/gu, '').slice(0, 80) : null
}

/** A chain that ends at an unknown authority: more authorities could help. */
export function isUnknownIssuer(code: string): boolean {
  return /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_UNTRUSTED/.test(code)
}

/** Codes that say that the certificate is not accepted, and not that the connection failed. */
export function isAboutCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|INVALID_CA|CRL_|PATH_LENGTH|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(
    code,
  )
}
