// What is shipped: exact versions, a lockfile that pins every byte, a bill of materials and a licence list that are true.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const own = read('package.json') as {
  version: string
  files: string[]
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

interface Locked {
  version?: string
  integrity?: string
  dev?: boolean
  devOptional?: boolean
  link?: boolean
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

t.test('the bill of materials names all that is needed at run time, and nothing else', async t => {
  const bom = read('sbom.json')
  t.match(bom, { bomFormat: 'CycloneDX', metadata: { component: { name: 'claude-auth' } } })
  const needed = locked
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`)
  const parts = bom.components as { 'bom-ref': string; licenses?: object[]; hashes: object[] }[]
  t.same([...new Set(parts.map(each => each['bom-ref']))].sort(), [...new Set(needed)].sort())
  t.ok(parts.every(({ hashes }) => hashes.length > 0))
  for (const name of Object.keys(own.dependencies))
    t.ok(
      parts.some(each => each['bom-ref'].startsWith(`${name}@`)),
      name,
    )
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
