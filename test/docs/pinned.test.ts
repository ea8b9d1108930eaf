// What is fetched and shipped is what is pinned, whatever a mirror or whoever writes into the cache puts there.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from '../kit/run.js'

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/peers', import.meta.url))
const sha512 = (bytes: Uint8Array) =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`

t.test(
  'a mirror with another archive of that version, and its honest hash: nothing is unpacked',
  async t => {
    const folder = t.testdir({
      package: {
        'package.json': '{"name":"left-over","version":"9.9.9"}',
        bin: { node: t.fixture('symlink', '/etc/passwd') },
      },
    })
    const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'package'])
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.url?.endsWith('.tgz')) return response.end(archive)
      const { port } = server.address() as AddressInfo
      const tarball = `http://127.0.0.1:${port}/left-over-9.9.9.tgz`
      const dist = { tarball, integrity: sha512(archive) }
      const one = { name: 'left-over', version: '9.9.9', dist, scripts: { prepack: 'exit 9' } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: 'left-over', versions: { '9.9.9': one } }))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const pin = {
      spec: 'left-over@9.9.9',
      hash: sha512(Buffer.from('as pinned')),
      file: 'package/bin/node',
    }
    const code = `import { fetchFromNpm } from ${JSON.stringify(join(scripts, 'fetch-pinned.mjs'))}
    await fetchFromNpm('mirror-test', ${JSON.stringify(pin)})`
    const { port } = server.address() as AddressInfo
    const ended = await run(process.execPath, ['--input-type=module', '-e', code], {
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        npm_config_registry: `http://127.0.0.1:${port}/`,
        npm_config_fetch_retries: '0',
      },
    })
    t.match(ended, { code: 1, stderr: /left-over@9\.9\.9 has the hash \S+, not the pinned one/ })
    t.ok(
      asked.some(url => url.endsWith('.tgz')),
      'it was offered',
    )
    t.same(
      readdirSync(cache).filter(name => name.startsWith('mirror-test')),
      [],
    )
  },
)

t.test('what was changed after it was unpacked is not shipped', async t => {
  const path = join(t.testdir({}), 'node')
  writeFileSync(path, 'as pinned')
  const read = (hash: string) => {
    const code = `import { pinnedBytes } from ${JSON.stringify(join(scripts, 'fetch-pinned.mjs'))}
      process.stdout.write(pinnedBytes(process.argv[1], process.argv[2]))`
    const words = ['--input-type=module', '-e', code, path, hash]
    return run(process.execPath, words, { cwd: '/', env: {} })
  }
  const hash = sha512(Buffer.from('as pinned'))
  t.match(await read(hash), { code: 0, stdout: 'as pinned' })
  writeFileSync(path, 'as planted')
  t.match(await read(hash), { code: 1, stdout: '', stderr: /not the pinned one/ })
})
