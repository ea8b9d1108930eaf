// One request over every kind of bad line: what may have reached the server, and what can't have.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createLine, type Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type HttpRequest, type Network, send } from '../../src/anthropic/http.js'
import { makeCertificates, startTlsProxy } from '../../src/demo/tls.js'
import { directNetwork } from '../kit/direct-network.js'

const token = 'sk-ant-ort01-very-secret'
const direct: Network = directNetwork()

const post = (url: string, network = direct, timeoutMs = 5_000): ReturnType<typeof send> =>
  send(network, {
    method: 'POST',
    url,
    body: JSON.stringify({ token }),
    timeoutMs,
  } satisfies HttpRequest)

async function listening(t: Test, server: ReturnType<typeof createLine>) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serving = async (t: Test, listener: RequestListener) =>
  `http://${await listening(t, createServer(listener))}/x`

t.test('a reply comes whole, with the server’s clock', async t => {
  const url = await serving(t, (request, response) => {
    t.match(request.headers, { 'user-agent': 'test/1', 'content-length': '36' })
    response.writeHead(418, { date: 'Mon, 05 Jan 2026 09:00:00 GMT', 'retry-after': '7' })
    response.end(Buffer.from([0, 255]))
  })
  t.same(await post(url), {
    kind: 'reply',
    status: 418,
    body: Buffer.from([0, 255]),
    serverNowMs: Date.UTC(2026, 0, 5, 9),
    retryAfterMs: 7_000,
  })
})

t.test('Retry-After in every spelling', async t => {
  const cases: [string, number | null][] = [
    ['0', 0],
    ['120', 120_000],
    ['Mon, 05 Jan 2026 09:01:00 GMT', 60_000],
    ['Mon, 05 Jan 2026 08:59:00 GMT', null],
    ['soon', null],
    ['-1', null],
    ['99999999999', null],
  ]
  for (const [value, expected] of cases) {
    const url = await serving(t, (_, response) => {
      response.writeHead(429, { date: 'Mon, 05 Jan 2026 09:00:00 GMT', 'retry-after': value }).end()
    })
    t.match(await post(url), { retryAfterMs: expected }, value)
  }
})

t.test('a reply that came packed is unpacked, though nobody asked for it', async t => {
  const text = JSON.stringify({ refresh_token: 'only-copy' })
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const cases: Record<string, [Buffer, object]> = {
    gzip: [gzipSync(text), { body: Buffer.from(text) }],
    'X-GZIP': [gzipSync(text), { body: Buffer.from(text) }],
    deflate: [deflateSync(text), { body: Buffer.from(text) }],
    br: [brotliCompressSync(text), { body: Buffer.from(text) }],
    'gzip ': [bomb, { kind: 'cut', what: 'the reply is too large' }],
    'a-new-one': [Buffer.from(text), { body: Buffer.from(text) }],
    __proto__: [Buffer.from(text), { body: Buffer.from(text) }],
    'br ': [Buffer.from(text), { body: Buffer.from(text) }],
  }
  for (const [coding, [packed, expected]] of Object.entries(cases)) {
    let asked: unknown
    const url = await serving(t, (request, response) => {
      asked = request.headers['accept-encoding']
      response.writeHead(200, { 'content-encoding': coding }).end(packed)
    })
    t.match(await post(url), expected, coding)
    t.equal(asked, 'identity')
  }
})

t.test(
  'who takes the parts of a reply as they come gets them unpacked, and only of a 200',
  async t => {
    const text = JSON.stringify({ users: 'x'.repeat(200_000) })
    const cases: [string, number, Buffer, string][] = [
      ['identity', 200, Buffer.from(text), text],
      ['gzip', 200, gzipSync(text), text],
      ['identity', 404, Buffer.from(text), ''],
    ]
    for (const [coding, status, sent, expected] of cases) {
      const url = await serving(t, (_, response) => {
        response.writeHead(status, { 'content-encoding': coding }).end(sent)
      })
      const parts: Buffer[] = []
      const take = (part: Buffer) => void parts.push(part)
      const reply = await send(direct, { method: 'GET', url, timeoutMs: 5_000, take })
      t.equal(Buffer.concat(parts).toString(), expected, `${status} ${coding}`)
      t.match(reply, { status, body: Buffer.from(expected === '' ? text : '') })
    }
  },
)

t.test('a redirect is a reply, not a way to go', async t => {
  let asked = 0
  const url = await serving(t, (_, response) => {
    asked += 1
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  t.match(await post(url), { kind: 'reply', status: 307 })
  t.equal(asked, 1)
})

t.test('a connection that was accepted may have carried the request', async t => {
  const half = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access'
  const cases: [string, (socket: Socket) => void, string][] = [
    ['closed at once', socket => socket.end(), 'ECONNRESET'],
    ['reset', socket => socket.once('data', () => socket.resetAndDestroy()), 'ECONNRESET'],
    ['closed after the request', socket => socket.once('data', () => socket.end()), 'ECONNRESET'],
    ['no HTTP at all', socket => socket.end('hello\n'), 'HPE_INVALID_CONSTANT'],
    ['silent', () => undefined, 'no answer in time'],
    ['half a reply', socket => socket.end(half), 'the connection ended in the middle of the reply'],
    ['half a reply, then silent', socket => socket.write(half), 'no answer in time'],
    [
      'one byte at a time',
      socket => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        const timer = setInterval(() => socket.write('x'), 20)
        socket.on('close', () => clearInterval(timer))
      },
      'no answer in time',
    ],
  ]
  for (const [name, serve, what] of cases) {
    const url = `http://${await listening(t, createLine(serve))}/`
    t.same(await post(url, direct, 300), { kind: 'cut', what }, name)
  }
})

t.test('a megabyte is a reply, an endless one is not', async t => {
  const url = await serving(t, (request, response) => {
    response.end(Buffer.alloc(request.url === '/x' ? 1024 * 1024 : 3 * 1024 * 1024))
  })
  t.match(await post(url), { kind: 'reply', status: 200 })
  t.same(await post(url.replace('/x', '/y')), { kind: 'cut', what: 'the reply is too large' })
})

t.test('nobody there, no such name: nothing was sent', async t => {
  const line = createLine()
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  const { port } = line.address() as AddressInfo
  await new Promise(resolve => line.close(resolve))
  t.same(await post(`http://127.0.0.1:${port}/`), { kind: 'not-sent', what: 'ECONNREFUSED' })
  t.match(await post('http://no-such-name.invalid/'), { kind: 'not-sent' })
})

t.test('TLS', async t => {
  const certificates = makeCertificates(Date.now())
  const seen: string[] = []
  const proxy = await startTlsProxy((request, response) => {
    seen.push(`${request.method} https://${request.headers.host}${request.url}`)
    response.end('hello')
  }, certificates)
  t.teardown(proxy.close)
  const extraCa = readFileSync(proxy.caFile, 'utf8')
  const by = (proxyUrl: string | null, ca: string | null = extraCa): Network => ({
    ...directNetwork(ca),
    proxyFor: () => proxyUrl,
  })
  const url = 'https://platform.claude.com/v1/oauth/token'

  await t.test('goes through a proxy, with an own authority', async t => {
    t.match(await post(url, by(proxy.url)), {
      kind: 'reply',
      status: 200,
      body: Buffer.from('hello'),
    })
    t.same(seen, [`POST ${url}`])
    t.same(proxy.connects, ['platform.claude.com:443'])
  })
  await t.test('with a wrong certificate nothing is sent', async t => {
    const unknown = await post(url, by(proxy.url, null))
    t.match(unknown, { kind: 'not-sent', what: /CERT|SIGNATURE/ })
    t.equal(seen.length, 1)
  })
  await t.test('a proxy that refuses has sent nothing, whatever its page says', async t => {
    for (const status of [400, 401, 403, 407, 502]) {
      const line = createLine(socket => {
        const page = '{"error":"invalid_grant"}'
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${page.length}\r\n\r\n${page}`)
      })
      const outcome = await post(url, by(`http://${await listening(t, line)}`))
      t.same(outcome, { kind: 'not-sent', what: `the proxy refused (HTTP ${status})` })
    }
  })
  await t.test('a proxy that hangs, closes or is none has sent nothing', async t => {
    const silent = `http://${await listening(
      t,
      createLine(() => undefined),
    )}`
    t.same(await post(url, by(silent), 300), { kind: 'not-sent', what: 'no answer in time' })
    const closing = `http://${await listening(
      t,
      createLine(socket => socket.end()),
    )}`
    t.match(await post(url, by(closing)), { kind: 'not-sent' })
    t.match(await post(url, by('http://127.0.0.1:1')), { kind: 'not-sent', what: 'ECONNREFUSED' })
    t.match(await post(url, by('::no url')), { kind: 'not-sent' })
  })
  await t.test('a server that speaks no TLS has got nothing', async t => {
    const plain = await serving(t, (_, response) => response.end())
    t.match(await post(plain.replace('http:', 'https:')), { kind: 'not-sent' })
  })
  await t.test('a connection cut after the handshake may have carried it', async t => {
    const cutting = await startTlsProxy(request => request.destroy(), certificates)
    t.teardown(cutting.close)
    t.match(await post(url, by(cutting.url)), { kind: 'cut', what: 'ECONNRESET' })
  })
})

t.test('what Node refuses to send is not sent, and nothing is left running', async t => {
  const url = await serving(t, () => t.fail('nothing must arrive'))
  const headers = { authorization: `Bearer ${token}\n` }
  const outcome = await send(direct, { method: 'GET', url, headers, timeoutMs: 500 })
  t.same(outcome, { kind: 'not-sent', what: 'the request could not be made' })
  // Past the deadline.
  await new Promise(resolve => setTimeout(resolve, 600))
})
