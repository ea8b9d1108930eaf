// What a server, or something before it, answers instead of a listing: it is read rightly or is one line of trouble, and it ends.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { SeenDocument } from '../../src/fleet/finding.js'
import { seenInVault } from '../../src/fleet/vault-records.js'
import { lookWith, recordsFolder } from '../kit/fleet-site.js'

interface Answer {
  status: number
  headers?: Record<string, string>
  body: string | Buffer
}

interface Server {
  address: string
  asked: { path: string; headers: IncomingHttpHeaders }[]
}

async function answering(t: Test, answer: (path: string) => Answer): Promise<Server> {
  const asked: Server['asked'] = []
  const server = createServer(({ url = '', headers }, reply) => {
    asked.push({ path: url, headers })
    const { status, headers: more, body } = answer(url)
    reply.writeHead(status, { 'content-type': 'application/json', ...more }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const token = 'hvs.CAESlookingtoken'
const nothing: Answer = { status: 404, body: '{"errors":[]}' }
const ofDocuments = (path: string) => path.includes('/claude-users/')

function page(names: readonly string[]): string {
  const key_info = names.map(name => `"${name}":{"updated_time":"2026-11-28T00:00:00Z"}`)
  return `{"data":{"keys":${JSON.stringify(names)},"key_info":{${key_info.join(',')}}}}`
}

/** The users whose documents are seen, or the cause of the trouble. */
async function read(t: Test, answer: (path: string) => Answer) {
  const server = await answering(t, answer)
  const vault = await lookWith(t, server.address, token)
  const found: SeenDocument[] = []
  for await (const batch of seenInVault(vault, recordsFolder)) {
    if ('kind' in batch) return { ...server, found: batch.trouble.cause }
    found.push(...batch.documents)
  }
  return { ...server, found: found.map(({ user }) => user) }
}

const many = Array.from({ length: 1_000 }, (_, at) => `user${String(at).padStart(4, '0')}`)
const readable: Record<string, [answer: (path: string) => Answer, users: readonly string[]]> = {
  'a packed listing': [
    path =>
      ofDocuments(path)
        ? {
            status: 200,
            headers: { 'content-encoding': 'gzip' },
            body: gzipSync(page(['alice', 'bob'])),
          }
        : nothing,
    ['alice', 'bob'],
  ],
  'a server that knows neither pages nor where to go on': [
    path => (ofDocuments(path) ? { status: 200, body: page(many) } : nothing),
    many,
  ],
  'names in the order of their bytes, which is not that of UTF-16': [
    path =>
      ofDocuments(path) ? { status: 200, body: page(['a\uFF00', 'a\u{1F600}', 'b']) } : nothing,
    ['a\uFF00', 'a\u{1F600}', 'b'],
  ],
}

for (const [what, [answer, users]] of Object.entries(readable))
  t.test(`${what} is read, each user once`, async t => {
    const { found, asked } = await read(t, answer)
    t.same(found, users)
    t.ok(asked.length <= 4, `${asked.length} requests`)
  })

const troubles: Record<string, [answer: (path: string) => Answer, cause: RegExp]> = {
  'a page of HTML with 503': [
    () => ({ status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>Sorry</h1>' }),
    /Vault is not available/,
  ],
  'a page of HTML with 200': [
    () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Log in</h1>' }),
    /the answer is not Vault's/,
  ],
  'a node that stands by': [() => ({ status: 473, body: '' }), /Vault is on standby/],
  'a sealed server': [
    () => ({ status: 503, body: '{"errors":["Vault is sealed"]}' }),
    /Vault is sealed/,
  ],
  'a listing out of order': [
    path => (ofDocuments(path) ? { status: 200, body: page(['bob', 'alice']) } : nothing),
    /not in the order of its names/,
  ],
  'a name that comes twice': [
    path => (ofDocuments(path) ? { status: 200, body: page(['alice', 'alice']) } : nothing),
    /not in the order of its names/,
  ],
  'a reply that is too large': [
    () => ({ status: 200, body: `{"data":"${'x'.repeat(3 * 1024 * 1024)}"}` }),
    /Vault gave no whole answer/,
  ],
}

for (const [what, [answer, cause]] of Object.entries(troubles))
  t.test(`${what} is one line of trouble`, async t => {
    const { found, asked } = await read(t, answer)
    t.match(String(found), cause)
    t.ok(asked.length <= 40, `${asked.length} requests`)
  })

t.test('a redirect is not followed: no other host gets the token', async t => {
  const other = await answering(t, () => ({ status: 200, body: page(['alice']) }))
  for (const status of [301, 307, 308]) {
    const { found } = await read(t, path => ({
      status,
      headers: { location: `${other.address}${path}` },
      body: '',
    }))
    t.match(String(found), /Vault sends requests elsewhere/, String(status))
  }
  t.same(other.asked, [])
})
