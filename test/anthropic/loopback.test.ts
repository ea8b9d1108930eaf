// Whose server a request on loopback reaches: the kernel's tables as it prints them, and real servers of two users.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type Network, send } from '../../src/anthropic/http.js'
import {
  hasOtherThanListening,
  listenerAt,
  listenerFor,
  listenerIn,
  loopbackAddresses,
  parseTcpTable,
  untrustedServer,
} from '../../src/anthropic/loopback.js'
import { directNetwork } from '../kit/direct-network.js'

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = (local: string, state: string, uid: number, inode = 7) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${uid}        0 ${inode} 1 0000 100 0 0 10 0\n`
const table = (...lines: string[]) => parseTcpTable(header + lines.join(''), 'LE')

const v4 = '0100007F:2008'
const all4 = '00000000:2008'
const v6 = `${'0'.repeat(24)}01000000:2008`
const all6 = `${'0'.repeat(32)}:2008`
const mapped = `${'0'.repeat(16)}FFFF00000100007F:2008`

t.test('the rows are read in either byte order', async t => {
  const [little] = table(line(v4, '0A', 1000))
  const [big] = parseTcpTable(line('7F000001:2008', '0A', 1000), 'BE')
  t.same(little, big)
  t.match(little, { port: 8200, isListening: true, uid: 1000, inode: '7' })
  t.same(table(line(mapped, '0A', 1000))[0]?.address, little?.address)
  t.same(parseTcpTable('nonsense\n\n0: zz:1 x 0A'), [])
})

t.test('a table is read up to its last listening socket, in whatever pieces it comes', async t => {
  const listeners = header + line(v4, '0A', 0) + line(all6, '0A', 0)
  const text = listeners + line(v4, '01', 0)
  for (let end = 0; end < text.length; end++)
    t.notOk(hasOtherThanListening(text.slice(0, end)), String(end))
  t.ok(hasOtherThanListening(text))
  t.ok(hasOtherThanListening(text + line(v4, '06', 0).slice(0, 20)))
})

t.test(
  'a server is found behind more listening sockets than one piece of the table holds',
  async t => {
    const servers = Array.from({ length: 120 }, () => createServer((_, response) => response.end()))
    t.teardown(() => {
      for (const server of servers) server.close()
    })
    for (const server of servers) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    for (const server of servers) {
      const { port } = server.address() as AddressInfo
      t.match(listenerAt('127.0.0.1', port, process.geteuid?.() ?? 0), { kind: 'trusted' })
    }
  },
)

/** Rows, address, expected uid of a stranger or kind. */
const cases: [string, string[], string, number | 'trusted' | 'nobody'][] = [
  ['root’s', [line(v4, '0A', 0)], '127.0.0.1', 'trusted'],
  ['mine', [line(v4, '0A', 1000)], '127.0.0.1', 'trusted'],
  ['a stranger’s', [line(v4, '0A', 1001)], '127.0.0.1', 1001],
  ['a stranger’s, for all addresses', [line(all4, '0A', 1001)], '127.0.0.1', 1001],
  ['a stranger’s, for both families', [line(all6, '0A', 1001)], '127.0.0.1', 1001],
  ['a stranger’s, as a mapped address', [line(mapped, '0A', 1001)], '127.0.0.1', 1001],
  [
    'two share the port, one a stranger',
    [line(v4, '0A', 0), line(v4, '0A', 1001)],
    '127.0.0.1',
    1001,
  ],
  ['mine is nearer', [line(all6, '0A', 1001), line(v4, '0A', 1000)], '127.0.0.1', 'trusted'],
  ['the stranger is nearer', [line(all4, '0A', 0), line(v4, '0A', 1001)], '127.0.0.1', 1001],
  ['not listening', [line(v4, '01', 0)], '127.0.0.1', 'nobody'],
  ['another port', [line('0100007F:2009', '0A', 0)], '127.0.0.1', 'nobody'],
  ['another address', [line('0200007F:2008', '0A', 0)], '127.0.0.1', 'nobody'],
  ['IPv6', [line(v6, '0A', 1000)], '::1', 'trusted'],
  ['IPv6, a stranger for all', [line(all6, '0A', 1001)], '::1', 1001],
  ['IPv4 alone does not answer IPv6', [line(all4, '0A', 0)], '::1', 'nobody'],
]

for (const [name, lines, address, expected] of cases)
  t.test(`${name} → ${expected}`, async t => {
    const found = listenerIn(table(...lines), address, 8200, 1000)
    t.equal(found.kind === 'foreign' ? found.uid : found.kind, expected)
  })

t.test('only names of this machine stand for loopback', async t => {
  t.same(loopbackAddresses('localhost'), ['127.0.0.1', '::1'])
  t.same(loopbackAddresses('[::1]'), ['::1'])
  for (const other of ['localhost.example.com', '10.0.0.1', '[::2]', '127.0.0.1.nip.io', ''])
    t.same(loopbackAddresses(other), [], other)
  t.equal(listenerFor('https://127.0.0.1:1', 0), null)
  t.equal(listenerFor('http://example.com:1', 0), null)
})

const network: Network = { ...directNetwork(), proxyFor: () => 'http://127.0.0.1:9' }
const post = (url: string) =>
  send(network, { method: 'POST', url, body: 'very-secret', timeoutMs: 5_000 })

t.test('to a server of one’s own the request goes, past any proxy', async t => {
  const server = createServer((_, response) => response.end('{}'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const name of ['127.0.0.1', 'localhost'])
    t.match(await post(`http://${name}:${port}/x`), { kind: 'reply', status: 200 }, name)
  t.match(listenerAt('127.0.0.1', port, process.geteuid?.() ?? 0), { kind: 'trusted' })
})

t.test('without TLS nothing is sent elsewhere', async t => {
  t.match(await post('http://192.0.2.1/x'), { kind: 'not-sent', what: /not https/ })
})

t.test('where nobody listens it is a server that is away', async t => {
  t.match(await post('http://127.0.0.1:1/x'), { kind: 'not-sent', what: 'ECONNREFUSED' })
})

const strangerUid = 41_002
const listen = `
const server = require('node:http').createServer((request, response) => {
  let body = ''
  request.on('data', data => (body += data))
  request.on('end', () => { process.stdout.write('got ' + body); response.end('{}') })
})
server.on('connection', () => process.stdout.write('connected '))
server.listen(Number(process.argv[2]), process.argv[1], () => console.log(server.address().port))
`

/** A server of another user's; `said` is what it was sent. */
async function stranger(t: Test, address: string, port = 0) {
  const child: ChildProcess = spawn(
    'setpriv',
    [`--reuid=${strangerUid}`, `--regid=${strangerUid}`, '--clear-groups', process.execPath].concat(
      ['-e', listen, address, String(port)],
    ),
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', env: {} },
  )
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout?.on('data', data => (said += data))
  await once(child.stdout ?? child, 'data')
  return { port: Number(said.split('\n')[0]), said: () => said.slice(said.indexOf('\n') + 1) }
}

const skip = process.geteuid?.() === 0 ? false : 'needs root, to be two users'

for (const address of ['127.0.0.1', '0.0.0.0', '::', '::ffff:127.0.0.1'])
  t.test(`a stranger’s server at ${address} is sent nothing`, { skip }, async t => {
    const { port, said } = await stranger(t, address)
    for (const name of ['127.0.0.1', 'localhost'])
      t.match(await post(`http://${name}:${port}/x`), {
        kind: 'not-sent',
        what: new RegExp(`user ${strangerUid}.*${untrustedServer}`),
      })
    t.equal(said(), '', 'not even a connection')
  })

t.test('of the two families of localhost, the one that is trusted is taken', { skip }, async t => {
  const { port, said } = await stranger(t, '::1')
  const server = createServer((_, response) => response.end('{}'))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.match(await post(`http://localhost:${port}/x`), { kind: 'reply' })
  t.match(await post(`http://[::1]:${port}/x`), { kind: 'not-sent' })
  t.equal(said(), '')
})
