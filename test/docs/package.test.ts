// What is shipped: exact versions, a lockfile that pins every byte, a bill of materials and a licence list that are true.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const own = read('package.json') as {
  version: string
  files: string[]
  dependencies?: Record<string, string>
  devDependencies: Record<string, string>
}

interface Locked {
  version?: string
  integrity?: string
}
const locked = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([path]) => path !== '',
)

t.test('every dependency is named by one exact version, and locked by a hash', async t => {
  const named = Object.entries({ ...own.dependencies, ...own.devDependencies })
  t.same(
    named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
  for (const [name, version] of named)
    t.equal(locked.find(([path]) => path === `node_modules/${name}`)?.[1].version, version, name)
  const loose = locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
  t.same(
    loose.map(([path]) => path),
    [],
  )
})

t.test('the bill of materials names the packages whose code is in dist, and no others', async t => {
  const bom = read('sbom.json')
  t.match(bom, { bomFormat: 'CycloneDX', metadata: { component: { name: 'claude-auth' } } })
  // What the bundler reported of the build that is there.
  const folders = readFileSync(join(root, 'dist/.built'), 'utf8').trim().split('\n')
  const expected = folders.map(folder => {
    const { version, integrity = '' } = locked.find(([path]) => path === folder)?.[1] ?? {}
    const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex')
    return { name: folder.split('node_modules/').at(-1), version, content }
  })
  const parts = bom.components as {
    name: string
    version: string
    licenses: object[]
    hashes: { content: string }[]
  }[]
  const named = parts.map(({ name, version, hashes }) => ({
    name,
    version,
    content: hashes[0]?.content,
  }))
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
    (a.name ?? '') < (b.name ?? '') ? -1 : 1
  t.same(named.sort(byName), expected.sort(byName))
  t.ok(parts.every(({ licenses }) => licenses.length > 0))
  const names = named.map(({ name }) => name)
  // Of some it is known: the second is only in another's second place, the others are left out of what needs them.
  for (const name of ['jose', 'retry', 'tv4']) t.ok(names.includes(name), name)
  for (const name of [
    'agent-base',
    'axios',
    'debug',
    'graceful-fs',
    'signal-exit',
    'selfsigned',
    'tap',
    'esbuild',
  ])
    t.notOk(names.includes(name), name)
})

t.test('nothing has to be installed beside the package', async t => {
  t.same(own.dependencies ?? {}, {})
  // Files of the build before may still be there.
  const files = ['claude-auth.cjs']
  for (const file of files) {
    const text = readFileSync(join(root, 'dist', file), 'utf8')
    // What package.json says of scripts/ is in the bundle too, and starts none of them.
    const beside = [...text.matchAll(/(?<![\w-]|scripts\/)[\w-]+\.cjs\b/g)].map(([name]) => name)
    files.push(...new Set(beside.filter(name => !files.includes(name))))
  }
  for (const name of ['main', 'engine', 'help', 'library-yaml', 'library-node-vault'])
    t.ok(
      files.some(file => file.startsWith(`${name}-`)),
      name,
    )
  for (const file of files) {
    const text = readFileSync(join(root, 'dist', file), 'utf8')
    const required = [...text.matchAll(/\brequire\((["'`])([^"'`]+)\1\)/g)].map(
      ([, , name]) => name,
    )
    t.same(
      required.filter(name => !isBuiltin(name ?? '') && !files.includes(`${name}`.slice(2))),
      [],
      file,
    )
  }
})

t.test('sbom.json and docs/licences.md are up to date', async t => {
  const script = join(root, 'scripts/sbom.mjs')
  t.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }))
})

t.test('they are in the package, with the promises about security', async t => {
  for (const name of ['SECURITY.md', 'sbom.json', 'docs', 'LICENSE']) {
    t.ok(own.files.includes(name), name)
    t.ok(existsSync(join(root, name)), name)
  }
  for (const name of ['licences.md', 'threat-model.md'])
    t.ok(existsSync(join(root, 'docs', name)), name)
})
