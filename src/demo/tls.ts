// A CONNECT proxy on loopback that plays Anthropic's and Slack's hosts, and its certificates (RFC 5280; Node signs, but writes no
// X.509); nothing leaves the machine.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dayMs } from '../system/time.js'

export interface TlsProxy {
  /** `http://127.0.0.1:PORT`, for `HTTPS_PROXY`. */
  url: string
  /** File with the made-up authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
  caFile: string
  /** Every `host:port` that was asked for, in order. */
  connects: string[]
  close(): Promise<void>
}

/** Starts it; decoded requests go to `handle`, any other host gets 404 `{}`. */
export async function startTlsProxy(
  handle: RequestListener,
  certificates: Certificates,
): Promise<TlsProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'claude-auth-ca-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, certificates.authority)
  const connects: string[] = []
  const sockets = new Set<Socket>()
  const tls = createTlsServer({ cert: certificates.leaf, key: certificates.key }, handle)
  const proxy = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('connect', (request, socket: Socket, head: Buffer) => {
    const target = request.url ?? ''
    connects.push(target)
    if (!isPlayed(target.replace(/:\d+$/, ''))) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}')
      return
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    tls.emit('connection', socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    caFile,
    connects,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => proxy.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether the leaf holds for this host. */
function isPlayed(host: string): boolean {
  return hosts.includes(host) || wildcards.includes(host.replace(/^[^.]+\./, ''))
}

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

/** A certificate with its private key, both PEM. */
export interface Issued {
  commonName: string
  cert: string
  key: string
}

export interface CertificateRequest {
  commonName: string
  /** The issuer; null: self-signed. */
  issuer: Issued | null
  /** An authority may sign others; a leaf is for TLS servers of `dnsNames` and `addresses` (IPv4). */
  isAuthority: boolean
  dnsNames?: string[]
  addresses?: string[]
  notBeforeMs: number
  notAfterMs: number
}

/** Object identifiers, as the bytes of their values. */
const oid = {
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  ecdsaWithSha256: '2a8648ce3d040302',
}

/** DER tags. */
const boolean = 0x01

const integer = 0x02

const bitString = 0x03

const octetString = 0x04

const objectIdentifier = 0x06

const utf8String = 0x0c

const utcTime = 0x17

const generalizedTime = 0x18

const sequence = 0x30

const set = 0x31

/** Makes a new key and a certificate for it; serial number and key are random. */
export function issueCertificate(request: CertificateRequest): Issued {
  const { commonName, issuer, notBeforeMs, notAfterMs } = request
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' })
  const issuerKey = issuer === null ? pair.privateKey : createPrivateKey(issuer.key)
  const issuerPublicKey = createPublicKey(issuerKey).export({ type: 'spki', format: 'der' })
  const signedBy = der(sequence, id(oid.ecdsaWithSha256))
  const toBeSigned = der(
    sequence,
    der(0xa0, der(integer, Buffer.from([2]))),
    der(integer, Buffer.from([1]), randomBytes(15)),
    signedBy,
    name(issuer?.commonName ?? commonName),
    der(sequence, time(notBeforeMs), time(notAfterMs)),
    name(commonName),
    publicKey,
    der(0xa3, der(sequence, ...extensions(request, publicKey, issuerPublicKey))),
  )
  const signature = sign('sha256', toBeSigned, issuerKey)
  return { commonName, cert: pem(der(sequence, toBeSigned, signedBy, bits(0, signature))), key }
}

function extensions(
  { isAuthority, dnsNames = [], addresses = [] }: CertificateRequest,
  publicKey: Buffer,
  issuerPublicKey: Buffer,
): Buffer[] {
  const keyIdentifiers = [
    extension(oid.subjectKeyIdentifier, der(octetString, keyIdentifier(publicKey))),
    extension(oid.authorityKeyIdentifier, der(sequence, der(0x80, keyIdentifier(issuerPublicKey)))),
  ]
  if (isAuthority) {
    return [
      critical(oid.basicConstraints, der(sequence, der(boolean, Buffer.from([0xff])))),
      // keyCertSign and cRLSign
      critical(oid.keyUsage, bits(1, Buffer.from([0x06]))),
      ...keyIdentifiers,
    ]
  }
  const altNames = [
    ...dnsNames.map(each => der(0x82, Buffer.from(each, 'ascii'))),
    ...addresses.map(each => der(0x87, Buffer.from(each.split('.').map(Number)))),
  ]
  return [
    critical(oid.basicConstraints, der(sequence)),
    // digitalSignature
    critical(oid.keyUsage, bits(7, Buffer.from([0x80]))),
    extension(oid.extKeyUsage, der(sequence, id(oid.serverAuth))),
    extension(oid.subjectAltName, der(sequence, ...altNames)),
    ...keyIdentifiers,
  ]
}

function extension(hex: string, value: Buffer): Buffer {
  return der(sequence, id(hex), der(octetString, value))
}

function critical(hex: string, value: Buffer): Buffer {
  return der(sequence, id(hex), der(boolean, Buffer.from([0xff])), der(octetString, value))
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the key's bits, which are the last 65 bytes of a P-256 key. */
function keyIdentifier(publicKey: Buffer): Buffer {
  return createHash('sha1').update(publicKey.subarray(-65)).digest()
}

function name(commonName: string): Buffer {
  const value = der(utf8String, Buffer.from(commonName))
  return der(sequence, der(set, der(sequence, id(oid.commonName), value)))
}

/** UTCTime has two digits for the year, and ends with 2049. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  if (digits >= '2050') return der(generalizedTime, Buffer.from(digits))
  return der(utcTime, Buffer.from(digits.slice(2)))
}

function id(hex: string): Buffer {
  return der(objectIdentifier, Buffer.from(hex, 'hex'))
}

function bits(unusedBits: number, bytes: Buffer): Buffer {
  return der(bitString, Buffer.from([unusedBits]), bytes)
}

/** Tag, length and contents; up to 64 KiB. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
