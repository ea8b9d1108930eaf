// The program opens no port and no socket, named or abstract, that a neighbor could take before it: only the demo listens.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const source = fileURLToPath(new URL('../../src', import.meta.url))
const listens = /\bcreateServer\b|\.listen\(|node:dgram|node:cluster|new Server\(/

t.test('nothing but the demo listens', async t => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const listening = files
    .filter(name => name.endsWith('.ts'))
    .filter(name => listens.test(readFileSync(join(source, name), 'utf8')))
  t.ok(listening.length > 0, 'the demo does')
  t.same(
    listening.filter(name => !name.startsWith('demo/')),
    [],
  )
})
