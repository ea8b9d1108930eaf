// Certificates made up for one run: an authority, and a leaf for every host that is played.

import { issueCertificate } from './x509.js'

const dayMs = 24 * 3_600_000

/** The hosts that are played, besides all below `wildcards`. */
const hosts = [
  'platform.claude.com',
  'console.anthropic.com',
  'claude.ai',
  'claude.com',
  'code.claude.com',
  'downloads.claude.ai',
  'anthropic.com',
  'hooks.slack.com',
]

const wildcards = ['anthropic.com', 'claude.com', 'claude.ai']

/** PEM texts: an authority made up for one run, and a leaf for every host that is played. */
export interface Certificates {
  authority: string
  leaf: string
  key: string
}

/** Makes a new authority and leaf (P-256), valid for a year from `nowMs`. */
export function makeCertificates(nowMs: number): Certificates {
  const valid = { notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + 365 * dayMs }
  const authority = issueCertificate({
    commonName: 'claude-auth stand-in',
    issuer: null,
    isAuthority: true,
    ...valid,
  })
  const leaf = issueCertificate({
    commonName: 'platform.claude.com',
    issuer: authority,
    isAuthority: false,
    dnsNames: [...hosts, ...wildcards.map(each => `*.${each}`)],
    ...valid,
  })
  return { authority: authority.cert, leaf: leaf.cert, key: leaf.key }
}

/** Whether the leaf holds for this host. */
export function isPlayed(host: string): boolean {
  return hosts.includes(host) || wildcards.includes(host.replace(/^[^.]+\./, ''))
}
