// Requests to Vault over good and bad lines, with a real OpenBao where one answers.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createLine } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import type { Network } from '../../../src/anthropic/http.js'
import { issueCertificate } from '../../../src/demo/tls.js'
import { type VaultPlace, type VaultReply, vaultClient } from '../../../src/store/vault/client.js'
import { badLine } from '../../kit/bad-line.js'
import { directNetwork } from '../../kit/direct-network.js'
import { openBao } from '../../kit/openbao.js'
import { run } from '../../kit/run.js'
import { secretsInText } from '../../kit/secrets.js'

const token = 'hvs.very-secret-vault-token'
const body = '{"data":{"refresh":"sk-ant-ort01-very-secret"}}'
const network: Network = directNetwork()

function clientOf(address: string, more: Partial<VaultPlace> = {}) {
  return vaultClient({ address, namespace: null, caCert: null, timeoutMs: 5000, network, ...more })
}

const write = (address: string, more: Partial<VaultPlace> = {}) =>
  clientOf(address, more).request({ method: 'POST', path: 'secret/data/x', token, body })

function isSilent(t: Test, reply: VaultReply) {
  t.same(secretsInText(JSON.stringify(reply), [token, 'very-secret']), [])
}

t.test('with a real OpenBao', async t => {
  const bao = await openBao(t)
  const client = clientOf(bao.address, { timeoutMs: 1500 })
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: string) =>
    client.request({ method, path, token: bao.rootToken, ...(body === undefined ? {} : { body }) })

  await t.test('replies come whole, with the server’s clock', async t => {
    const startMs = Date.now()
    const made = await ask('POST', 'secret/data/x', '{"data":{"a":1},"options":{"cas":0}}')
    t.match(made, { kind: 'reply', status: 200, body: { data: { version: 1 } }, errors: [] })
    const patched = await ask('PATCH', 'secret/data/x', '{"data":{"b":2},"options":{"cas":1}}')
    t.match(patched, { kind: 'reply', status: 200, body: { data: { version: 2 } } })
    const read = await ask('GET', 'secret/data/x')
    t.match(read, { kind: 'reply', status: 200, body: { data: { data: { a: 1, b: 2 } } } })
    if (read.kind !== 'reply') throw new Error(read.what)
    t.match(read.text, '"data":{"a":1,"b":2}')
    t.ok(Math.abs((read.serverNowMs ?? 0) - startMs) < 10_000)
    t.match(await ask('GET', 'no/data/x'), { status: 404, errors: [/no handler/] })
    t.match(await ask('PUT', 'sys/policies/acl/p', '{"policy":"# none"}'), {
      status: 204,
      text: '',
    })
    const nobody = await client.request({ method: 'GET', path: 'secret/data/x', token: null })
    t.match(nobody, { kind: 'reply', status: 403, errors: ['permission denied'] })
  })

  await t.test('a namespace is named, and only the configured one', async t => {
    await bao.ask('PUT', 'sys/namespaces/team', {})
    const there = (namespace: string | null) =>
      clientOf(bao.address, { namespace }).request({
        method: 'GET',
        path: 'sys/mounts',
        token: bao.rootToken,
      })
    const [none, team] = await Promise.all([there(null), there('team')])
    t.match(none, { kind: 'reply', body: { data: { 'secret/': { type: 'kv' } } } })
    t.equal(team.kind === 'reply' && team.text.includes('"secret/"'), false)
    t.match(await there('gone'), { kind: 'reply', status: 404 })
  })

  await t.test('one that hangs, and one that is gone', async t => {
    bao.hang()
    const hanging = await ask('GET', 'secret/data/x')
    t.match(hanging, { kind: 'cut', what: /^http:\/\/127.*: no answer in time$/ })
    bao.goOn()
    t.match(await ask('GET', 'secret/data/x'), { kind: 'reply', status: 200 })
    await bao.stop()
    t.match(await ask('GET', 'secret/data/x'), {
      kind: 'not-sent',
      what: /ECONNREFUSED/,
      tls: false,
    })
  })
})

t.test('the text of others is sent and handed on byte for byte', async t => {
  const line = await badLine(t, null)
  const text = '{"data": {"n":12345678901234567890, "f":1.0,"e":1E5,"u":"\\u00e9é","z":-0}}\n'
  line.fault = () => ({ status: 200, body: text })
  const client = clientOf(line.address)
  for (const method of ['POST', 'PUT', 'PATCH'] as const) {
    const reply = await client.request({ method, path: 'secret/data/x', token, body: text })
    t.match(reply, { kind: 'reply', text, errors: [] })
  }
  t.same(
    line.asked.map(each => [each.method, each.path, each.body, each.headers['content-type']]),
    [
      ['POST', '/v1/secret/data/x', text, 'application/json'],
      ['PUT', '/v1/secret/data/x', text, 'application/json'],
      ['PATCH', '/v1/secret/data/x', text, 'application/merge-patch+json'],
    ],
  )
  t.match(line.asked[0]?.headers, { 'x-vault-token': token, 'x-vault-request': 'true' })
})

t.test('no redirect is followed', async t => {
  const [line, elsewhere] = [await badLine(t, null), await badLine(t, null)]
  for (const status of [301, 302, 307, 308]) {
    const location = `${elsewhere.address}/v1/secret/data/x`
    line.fault = () => ({ status, headers: { location }, body: '' })
    t.match(await write(line.address), { kind: 'reply', status, body: null })
  }
  t.same(elsewhere.asked, [])
})

t.test('what is no JSON object has no body', async t => {
  const line = await badLine(t, null)
  for (const text of ['<html>', '[1]', '"x"', 'null', '{"a":', '']) {
    line.fault = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: text })
    t.match(await write(line.address), { kind: 'reply', status: 200, body: null, text })
  }
  line.fault = () => ({ status: 400, body: '{"errors":"odd"}' })
  t.match(await write(line.address), { status: 400, body: { errors: 'odd' }, errors: [] })
})

t.test('the deadline is from the first look-up to the last byte', async t => {
  const line = await badLine(t, null)
  for (const answer of ['drip', 'nothing'] as const) {
    line.fault = () => ({ apply: false, answer })
    const startMs = performance.now()
    const reply = await write(line.address, { timeoutMs: 400 })
    t.match(reply, { kind: 'cut', what: /no answer in time/ })
    t.ok(performance.now() - startMs < 5000)
    isSilent(t, reply)
  }
  line.fault = () => ({ apply: false, answer: 'cut' })
  const reply = await write(line.address)
  t.match(reply, { kind: 'cut' })
  isSilent(t, reply)
})

t.test('a server is trusted by its authority alone', async t => {
  const bao = await openBao(t, { tls: true })
  const pem = (path: string | null) => readFileSync(path ?? '', 'utf8')
  const own = pem(bao.caFile)
  t.match(await write(bao.address, { caCert: own }), { kind: 'reply', status: 403 })
  const extra = directNetwork(own)
  t.match(await write(bao.address, { network: extra }), { kind: 'reply', status: 403 })
  const refused: [string, string | null, RegExp][] = [
    [bao.address, null, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/],
    [bao.address, pem(bao.wrongCaFile), /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/],
    [bao.address, 'no certificate at all', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|ERR_/],
    [await elsewhere(t, bao.address), own, /ALTNAME_INVALID/],
  ]
  for (const [address, caCert, what] of refused) {
    const reply = await write(address, { caCert })
    t.match(reply, { kind: 'not-sent', what, tls: true })
    isSilent(t, reply)
  }
  const plain = await write(bao.address.replace('https:', 'http:'))
  t.match(plain, { kind: 'reply', status: 400, body: null })
})

/** The same server at an address that its certificate doesn't name. */
async function elsewhere(t: Test, address: string): Promise<string> {
  const { port } = new URL(address)
  const server = createLine(socket => {
    const onward = connect(Number(port), '127.0.0.1')
    for (const each of [socket, onward]) each.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  })
  server.listen(0, '127.0.0.2')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `https://127.0.0.2:${(server.address() as AddressInfo).port}`
}

t.test('an expired or self-signed certificate, and no TLS at all', async t => {
  const dayMs = 86_400_000
  const serving = async (lastDay: number) => {
    const { key, cert } = issueCertificate({
      commonName: 'vault.test',
      issuer: null,
      isAuthority: false,
      addresses: ['127.0.0.1'],
      notBeforeMs: Date.now() - 3 * dayMs,
      notAfterMs: Date.now() + lastDay * dayMs,
    })
    const server = createServer({ key, cert })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    return { address: `https://127.0.0.1:${port}`, caCert: cert }
  }
  const valid = await serving(1)
  t.match(await write(valid.address), { kind: 'not-sent', what: /SELF_SIGNED/, tls: true })
  const { address, caCert } = await serving(-1)
  const expired = await write(address, { caCert })
  t.match(expired, { kind: 'not-sent', what: /CERT_HAS_EXPIRED/, tls: true })
  const line = await badLine(t, null)
  const plain = await write(line.address.replace('http:', 'https:'))
  t.match(plain, { kind: 'not-sent', what: /WRONG_VERSION_NUMBER|EPROTO/, tls: false })
})

t.test('a token is never sent in clear off this machine, nor where it can’t be', async t => {
  for (const address of ['http://vault.example.com', 'http://10.0.0.1:8200', 'nonsense', ''])
    t.match(await write(address), { kind: 'not-sent', what: /not https/ })
  const line = await badLine(t, null)
  const reply = await clientOf(line.address).request({
    method: 'GET',
    path: 'x',
    token: `${token}\n`,
  })
  t.match(reply, { kind: 'not-sent', what: /could not be made/ })
  isSilent(t, reply)
  t.same(line.asked, [])
})

t.test('a proxy is for other machines only', async t => {
  const line = await badLine(t, null)
  const proxied = { ...network, siteProxyFor: () => 'http://127.0.0.1:9' }
  line.fault = () => ({ status: 200, body: '{}' })
  t.match(await write(line.address, { network: proxied }), { kind: 'reply' })
  const local = line.address.replace('127.0.0.1', 'localhost')
  // Where no file and no server knows the name, it is asked for all the same, not the proxy.
  const isKnown = await lookup('localhost').then(Boolean, () => false)
  const found = isKnown ? { kind: 'reply' } : { kind: 'not-sent', what: /localhost: E/ }
  t.match(await write(local, { network: proxied }), found)
  const away = await write('https://vault.example.com', { network: proxied })
  t.match(away, { kind: 'not-sent', what: /vault\.example\.com: ECONNREFUSED/ })
})

t.test('the environment has no say, and nothing is printed', async t => {
  const [line, trap] = [await badLine(t, null), await badLine(t, null)]
  const folder = t.testdir()
  const program = join(folder, 'probe.mjs')
  const client = JSON.stringify(join(import.meta.dirname, '../../../src/store/vault/client.ts'))
  const kit = JSON.stringify(join(import.meta.dirname, '../../kit/direct-network.ts'))
  const probe = `
    import { vaultClient } from ${client}
    import { directNetwork } from ${kit}
    const network = directNetwork()
    const client = vaultClient({ address: process.argv[2], namespace: null, caCert: null, timeoutMs: 2000, network })
    const out = []
    for (const token of [process.env.OWN, null])
      for (const path of ['secret/data/ok', 'secret/data/refused', 'secret/data/cut', 'sys/health'])
        out.push(await client.request({ method: 'POST', path, token, body: process.env.BODY }))
    console.log(JSON.stringify(out))`
  await build({
    stdin: { contents: probe, resolveDir: join(import.meta.dirname, '../..'), loader: 'ts' },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
  })
  line.fault = ({ path }) => {
    if (path.endsWith('cut')) return { apply: false, answer: 'cut' }
    return path.endsWith('refused')
      ? { status: 403, body: '{"errors":["permission denied"]}' }
      : { status: 200, body: '{"data":{}}' }
  }
  const hostile = 'hvs.of-the-environment'
  const ended = await run(process.execPath, [program, line.address], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      OWN: token,
      BODY: body,
      VAULT_TOKEN: hostile,
      VAULT_ADDR: trap.address,
      VAULT_NAMESPACE: 'hostile',
      VAULT_PREFIX: '/hostile',
      VAULT_SKIP_VERIFY: '1',
      VAULT_CACERT: '/nowhere',
      HTTP_PROXY: trap.address,
      http_proxy: trap.address,
      HTTPS_PROXY: trap.address,
      ALL_PROXY: trap.address,
      DEBUG: '*',
      DEBUG_COLORS: '0',
    },
  })
  t.match(ended, { code: 0, stderr: '' })
  t.same(secretsInText(ended.stdout + ended.stderr, [token, hostile, 'very-secret']), [])
  t.same(trap.asked, [])
  const seen = line.asked.map(({ path, headers, body }) => [path, headers['x-vault-token'], body])
  const paths = ['secret/data/ok', 'secret/data/refused', 'secret/data/cut', 'sys/health']
  t.same(
    seen,
    [token, undefined].flatMap(own => paths.map(path => [`/v1/${path}`, own, body])),
  )
  for (const { headers } of line.asked) t.notOk('x-vault-namespace' in headers)
  const kinds = (JSON.parse(ended.stdout) as { kind: string }[]).map(({ kind }) => kind)
  t.same(
    kinds,
    [...Array(2)].flatMap(() => ['reply', 'reply', 'cut', 'reply']),
  )
})
