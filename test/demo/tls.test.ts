// The certificates of the demo and the tests: what TLS clients with strict checks accept, and nothing wider.

import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { issueCertificate } from '../../src/demo/tls.js'
import { cannotRun } from '../kit/cannot-run.js'

const nowMs = Date.UTC(2026, 5, 1, 12, 30, 15)
const dayMs = 86_400_000
const valid = { notBeforeMs: nowMs, notAfterMs: nowMs + dayMs }
const authority = issueCertificate({
  commonName: 'Authority',
  issuer: null,
  isAuthority: true,
  ...valid,
})
// So many names that the lengths take one, two and three bytes.
const dnsNames = ['a.test', '*.b.test', ...Array.from({ length: 40 }, (_, at) => `host${at}.test`)]
const addresses = ['127.0.0.1']
const leaf = issueCertificate({
  commonName: 'Leaf',
  issuer: authority,
  isAuthority: false,
  dnsNames,
  addresses,
  ...valid,
})

t.test('a leaf is its authority’s, for its names alone, and may sign nothing', async t => {
  const [ofAuthority, ofLeaf] = [authority, leaf].map(({ cert }) => new X509Certificate(cert))
  if (!ofAuthority || !ofLeaf) throw new Error('unreachable')
  t.ok(ofLeaf.checkIssued(ofAuthority))
  t.ok(ofLeaf.verify(ofAuthority.publicKey))
  t.notOk(ofLeaf.verify(ofLeaf.publicKey))
  t.match([ofAuthority.ca, ofLeaf.ca], [true, false])
  for (const name of ['a.test', 'x.b.test', 'host39.test']) t.ok(ofLeaf.checkHost(name), name)
  for (const name of ['Leaf', 'b.test', 'x.y.b.test', 'c.test'])
    t.notOk(ofLeaf.checkHost(name), name)
  t.ok(ofLeaf.checkIP('127.0.0.1'))
  t.notOk(ofLeaf.checkIP('127.0.0.2'))
  t.same([ofLeaf.validFrom, ofLeaf.validTo].map(Date.parse), [nowMs, nowMs + dayMs])
})

t.test('years past 2049 are written in the longer form', async t => {
  const late = issueCertificate({
    commonName: 'Late',
    issuer: null,
    isAuthority: true,
    notBeforeMs: nowMs,
    notAfterMs: Date.UTC(2061, 0, 2),
  })
  t.equal(Date.parse(new X509Certificate(late.cert).validTo), Date.UTC(2061, 0, 2))
})

t.test('Node’s TLS accepts the leaf with the authority, and no other', async t => {
  const current = { notBeforeMs: Date.now() - dayMs, notAfterMs: Date.now() + dayMs }
  const root = issueCertificate({
    commonName: 'Authority',
    issuer: null,
    isAuthority: true,
    ...current,
  })
  const { cert, key } = issueCertificate({
    commonName: 'Leaf',
    issuer: root,
    isAuthority: false,
    dnsNames: ['a.test'],
    ...current,
  })
  const server = createServer({ cert, key }, socket => socket.end())
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const tried = (ca: string) =>
    new Promise<string>(resolve => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'a.test', ca })
      socket.on('secureConnect', () => resolve('accepted'))
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''))
    })
  t.equal(await tried(root.cert), 'accepted')
  // The same name, another key.
  t.not(await tried(authority.cert), 'accepted')
})

const noOpenssl = cannotRun('openssl', 'version')

t.test('OpenSSL finds nothing against RFC 5280', { skip: noOpenssl }, async t => {
  const folder = t.testdir()
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const words = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', `${nowMs / 1000}`]
  const trusted = ['-CAfile', file('authority.pem', authority.cert)]
  const told = execFileSync('openssl', [...words, ...trusted, file('leaf.pem', leaf.cert)])
  t.match(told.toString(), /: OK\n$/)
})
