// Certificates made up for one run: an authority, and a leaf for every host that is played.

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

/** Makes a new authority and leaf (P-256), valid for a year from `nowMs`. Takes about 0.1 s. */
export async function makeCertificates(nowMs: number): Promise<Certificates> {
  const { generate } = (await import('selfsigned')).default
  const notBeforeDate = new Date(nowMs - 24 * 3_600_000)
  const common = { keyType: 'ec', algorithm: 'sha256', notBeforeDate } as const
  const authority = await generate([{ name: 'commonName', value: 'claude-auth stand-in' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const altNames = [...hosts, ...wildcards.map(each => `*.${each}`)].map(value => ({
    type: 2 as const,
    value,
  }))
  const leaf = await generate([{ name: 'commonName', value: 'platform.claude.com' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { authority: authority.cert, leaf: leaf.cert, key: leaf.private }
}

/** Whether the leaf holds for this host. */
export function isPlayed(host: string): boolean {
  return hosts.includes(host) || wildcards.includes(host.replace(/^[^.]+\./, ''))
}
