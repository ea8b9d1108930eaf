// TLS is verified whatever the environment says: a network that shows a certificate of its own gets no token.

import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import {
  type Certificates,
  issueCertificate,
  makeCertificates,
  startTlsProxy,
} from '../../src/demo/tls.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { custodies } from '../kit/wrapped.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const certificates = makeCertificates(Date.now())

/** All that could switch verification off, or write down what was agreed on. */
const hostile = (folder: string) => ({
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_OPTIONS: `--tls-keylog=${folder}/keys --tls-min-v1.0 --use-openssl-ca`,
  SSLKEYLOGFILE: `${folder}/keys`,
  OPENSSL_CONF: `${folder}/openssl.cnf`,
  VAULT_SKIP_VERIFY: 'true',
  GIT_SSL_NO_VERIFY: '1',
  PYTHONHTTPSVERIFY: '0',
  npm_config_strict_ssl: 'false',
  DEBUG: '*',
  NODE_DEBUG: 'http,https,net,tls',
})

/** A sandbox whose network shows a certificate of nobody known; `seen` are the requests that it could read. */
async function withImpostor(t: Test, login: 'expired' | 'valid', config = {}) {
  const seen: string[] = []
  const impostor = await startTlsProxy((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }, certificates)
  t.teardown(impostor.close)
  const box = await sandbox(t, { login, via: 'proxy', config })
  const folder = join(box.home.path, 'traces')
  box.home.write(join(folder, 'openssl.cnf'), 'openssl_conf = x\n[x]\nengines = y\n')
  const env = { ...hostile(folder), HTTPS_PROXY: impostor.url, NODE_EXTRA_CA_CERTS: '' }
  return { box, impostor, seen, env, folder }
}

/** As a person types it: the shell starts Node. */
function typed(box: Sandbox, words: string[], more: Parameters<Sandbox['run']>[2] = {}) {
  return box.run(program, words, more)
}

async function printsNothing(t: Test, box: Sandbox, text: string) {
  t.same(await box.grepSecrets(text), [])
}

for (const custody of custodies)
  t.test(`an impostor gets no token, in ${custody} custody`, async t => {
    const { box, impostor, seen, env, folder } = await withImpostor(t, 'valid', { custody })
    t.match(await box.ensure(['--force']), { code: 0 })
    await box.settle()
    for (const words of [
      ['ensure', '--force'],
      ['ensure', '--force', '--json'],
      ['status'],
      ['doctor'],
      ['logout'],
    ]) {
      const { stdout, stderr } = await typed(box, words, { env })
      await printsNothing(t, box, stdout + stderr)
    }
    await box.settle()
    t.ok(impostor.connects.length > 2, 'it was tried')
    t.same(seen, [])
    t.same(readdirSync(folder), ['openssl.cnf'])
  })

t.test('a TLS failure is called one, with the issuer and what to set', async t => {
  const { box, env } = await withImpostor(t, 'expired')
  const checked = await typed(box, ['doctor', '--only', 'network', '--json'], { env })
  t.match(JSON.parse(checked.stdout), {
    checks: [
      {
        id: 'network',
        state: 'fail',
        message: /certificate of platform\.claude\.com .* issued by "claude-auth stand-in"/,
        hint: /NODE_EXTRA_CA_CERTS/,
      },
    ],
  })
  const ran = await typed(box, ['ensure', '--force'], { env })
  t.match(ran.stdout + ran.stderr, /certificate of platform\.claude\.com is not trusted/)
  const helped = { ...env, HTTPS_PROXY: box.proxy.url, NODE_EXTRA_CA_CERTS: box.proxy.caFile }
  const good = await typed(box, ['doctor', '--only', 'network', '--json'], { env: helped })
  t.match(JSON.parse(good.stdout), { checks: [{ id: 'network', state: 'ok' }] })
})

function loopbackCertificate(nowMs: number): Certificates {
  const valid = { notBeforeMs: nowMs - 3_600_000, notAfterMs: nowMs + 3_600_000 }
  const authority = issueCertificate({
    commonName: 'proxy authority',
    issuer: null,
    isAuthority: true,
    ...valid,
  })
  const leaf = issueCertificate({
    commonName: 'localhost',
    issuer: authority,
    isAuthority: false,
    dnsNames: ['localhost'],
    ...valid,
  })
  return { authority: authority.cert, leaf: leaf.cert, key: leaf.key }
}

/** A proxy that is spoken to over TLS, in front of `behind`; `heard` is what was said to it. */
async function tlsProxy(t: Test, behind: string, pem: Certificates) {
  const heard: string[] = []
  const server: Server = createServer({ cert: pem.leaf, key: pem.key })
  const sockets = new Set<Duplex>()
  server.on('connection', socket => sockets.add(socket))
  server.on('connect', (request, duplex) => {
    const socket = duplex as Socket
    heard.push(request.headers['proxy-authorization'] ?? 'nobody')
    const { hostname, port } = new URL(behind)
    const next = connect(Number(port), hostname, () => {
      next.write(`CONNECT ${request.url} HTTP/1.1\r\nhost: ${request.url}\r\n\r\n`)
      next.once('data', answer => {
        socket.write(answer)
        socket.pipe(next).pipe(socket)
      })
    })
    for (const each of [socket, next]) each.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, heard }
}

t.test('a proxy over TLS is verified too, and hears its password only then', async t => {
  const box = await sandbox(t, { login: 'expired', via: 'proxy' })
  const forLoopback = loopbackCertificate(Date.now())
  const proxy = await tlsProxy(t, box.proxy.url, forLoopback)
  const both = join(box.home.path, 'both.pem')
  writeFileSync(both, `${forLoopback.authority}\n${readFileSync(box.proxy.caFile, 'utf8')}`)
  const secret = 'very-secret-password'
  const env = {
    ...hostile(box.home.path),
    HTTPS_PROXY: `https://alice:${secret}@localhost:${proxy.port}`,
  }
  const refused = await typed(box, ['ensure', '--force'], { env })
  t.notMatch(refused.stdout + refused.stderr, secret)
  t.same(proxy.heard, [])
  t.equal(box.authority.counts().tokenRequests, 0)
  const served = await typed(box, ['ensure', '--force'], {
    env: { ...env, NODE_EXTRA_CA_CERTS: both },
  })
  t.match(served, { code: 0 })
  t.notMatch(served.stdout + served.stderr, secret)
  t.same([...new Set(proxy.heard)], [`Basic ${Buffer.from(`alice:${secret}`).toString('base64')}`])
  t.notOk(existsSync(join(box.home.path, 'keys')))
})
