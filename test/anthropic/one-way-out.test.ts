// Every request leaves by one door, where TLS is verified: nothing else in src/ opens a connection.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const src = join(import.meta.dirname, '../../src')
/** They open connections, or only name the kinds of what they are handed. */
const door = ['loopback.ts', 'connection.ts', 'http.ts', 'network.ts', 'tls.ts']
const network =
  /(?:from |import\(|require\()\s*['"](?:node:)?(?:https?|http2|tls|net|dgram|undici|axios)['"]|\bfetch\(|new WebSocket\b/

t.test('nothing but src/anthropic/ and the demo reaches for a socket', async t => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.ts') && !name.startsWith('demo/'),
  )
  t.ok(files.length > 100)
  for (const name of files)
    if (!door.some(each => name === `anthropic/${each}`))
      t.notMatch(readFileSync(join(src, name), 'utf8'), network, name)
})

t.test('every connection says that it is verified, and none that it is not', async t => {
  const text = door.map(name => readFileSync(join(src, 'anthropic', name), 'utf8')).join('\n')
  t.equal(text.match(/rejectUnauthorized: true/g)?.length, 1)
  t.notMatch(text, /rejectUnauthorized: (?!true)/)
})

t.test('no dependency can print what a request holds: no debug output is bundled', async t => {
  const dist = join(src, '../dist')
  const bundles = readdirSync(dist).filter(name => name.endsWith('.cjs'))
  t.ok(bundles.length > 4)
  for (const name of bundles)
    t.notMatch(
      readFileSync(join(dist, name), 'utf8'),
      /process\.env\.(?:NODE_)?DEBUG|env\[["'](?:NODE_)?DEBUG["']\]/,
      name,
    )
})
