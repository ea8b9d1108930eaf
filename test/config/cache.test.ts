// The cached configuration: used only while nothing changed, and without the heavy libraries.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t from 'tap'
import { type House, house } from './house.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Gives the cache a store of its own, so that a hit can be told from a fresh reading. */
function forge(at: House): void {
  const cache = JSON.parse(readFileSync(at.cache, 'utf8'))
  cache.config.store = 'none'
  writeFileSync(at.cache, JSON.stringify(cache))
  settle(at)
}

/** As if the cache had been written well after the files: no test need wait for the clock's tick. */
function settle(at: House): void {
  const later = Date.now() / 1000 + 5
  utimesSync(at.cache, later, later)
}

/** As a program would have left it that kept less, or meant something else by it. */
function reform(at: House, form: string | undefined): void {
  const { form: _, ...cache } = JSON.parse(readFileSync(at.cache, 'utf8'))
  writeFileSync(at.cache, JSON.stringify({ format: 1, form, ...cache }))
  settle(at)
}

async function cached(folder: string): Promise<House> {
  const at = house(folder)
  const roster = at.writeSystem('users: {alice: {email: alice@example.com}}\n', 'roster.yaml')
  at.writeSystem(`roster: ${roster}\n`)
  at.writeUser('store: local\n')
  await at.load({ cached: true })
  forge(at)
  return at
}

t.test('unchanged files are not read again', async t => {
  const at = await cached(t.testdir())
  t.equal((await at.load({ cached: true })).store, 'none')
  t.equal(statSync(at.cache).mode & 0o777, 0o600)
  t.same(readdirSync(dirname(at.cache)), ['config.json'], 'nothing temporary is left')
})

t.test('what is cached is what was read', async t => {
  const at = house(t.testdir())
  at.writeUser('renewal: {at: 40%}\nprofiles: [{name: work, folder: ~/w}]\n')
  const first = await at.load({ cached: true })
  settle(at)
  t.same(await at.load({ cached: true }), first)
})

const changes: [name: string, change: (at: House) => void][] = [
  ['the user’s file is written', at => at.writeUser('store: local\n')],
  ['the user’s file is deleted', at => rmSync(at.user)],
  ['the machine’s file is deleted', at => rmSync(at.system)],
  ['the roster is written', at => at.writeSystem('users: {}\n', 'roster.yaml')],
  [
    'a file is replaced by one with the same size and time',
    at => {
      const { atime, mtime } = statSync(at.user)
      writeFileSync(`${at.user}.new`, 'store: local\n', { mode: 0o600 })
      utimesSync(`${at.user}.new`, atime, mtime)
      renameSync(`${at.user}.new`, at.user)
    },
  ],
  ['the cache is torn', at => writeFileSync(at.cache, readFileSync(at.cache).subarray(0, 300))],
  [
    'the cache has no sources',
    at => {
      const { form } = JSON.parse(readFileSync(at.cache, 'utf8'))
      writeFileSync(at.cache, JSON.stringify({ form, sources: [null] }))
      settle(at)
    },
  ],
  ['the cache is of another form of the program', at => reform(at, 'earlier')],
  ['the cache is of a program that knew no form', at => reform(at, undefined)],
  ['the cache is readable by others', at => chmodSync(at.cache, 0o644)],
  ['the cache is writable by others', at => chmodSync(at.cache, 0o620)],
  [
    'the cache is a symlink',
    at => {
      renameSync(at.cache, `${at.cache}.real`)
      symlinkSync(`${at.cache}.real`, at.cache)
    },
  ],
  [
    'the cache is hardly younger than the files',
    at => {
      const { ctimeMs } = statSync(at.user)
      utimesSync(at.cache, ctimeMs / 1000, ctimeMs / 1000)
    },
  ],
]

for (const [name, change] of changes)
  t.test(`the files are read again when ${name}`, async t => {
    const at = await cached(t.testdir())
    change(at)
    t.equal((await at.load({ cached: true })).store, 'local')
  })

t.test('a cache of another owner is ignored', { skip: process.geteuid?.() !== 0 }, async t => {
  const at = await cached(t.testdir())
  chownSync(at.cache, 54_321, 54_321)
  t.equal((await at.load({ cached: true })).store, 'local')
})

t.test('a cache about another person, host or folder is ignored', async t => {
  for (const person of [{ user: 'bob' }, { host: 'other' }]) {
    const at = await cached(t.testdir())
    t.equal((await at.load({ cached: true, person })).store, 'local')
  }
  const at = await cached(t.testdir())
  const { profile } = await at.load({ cached: true, env: { CLAUDE_CONFIG_DIR: '/elsewhere' } })
  t.equal(profile, null)
})

t.test('a file that others may write now is refused in spite of the cache', async t => {
  for (const path of ['user', 'system'] as const) {
    const at = await cached(t.testdir())
    chmodSync(dirname(at[path]), 0o777)
    t.equal((await at.failure({ cached: true })).code, 'config-writable-by-others')
  }
})

t.test('switched off by a config file, not even the cache is written', async t => {
  const at = house(t.testdir())
  at.writeUser('mode: off\n')
  t.equal((await at.load({ cached: true })).mode, 'off')
  t.notOk(existsSync(at.cache))
})

t.test('a cache that cannot be written is no failure', async t => {
  const at = house(t.testdir())
  rmSync(dirname(at.cache), { recursive: true })
  t.equal((await at.load({ cached: true })).mode, 'on')
})

t.test('a hit loads neither the YAML nor the schema library', async t => {
  const at = house(t.testdir())
  const bundle = join(at.home, 'bundle')
  await build({
    entryPoints: [join(root, 'src/config/config.ts'), join(root, 'src/system/paths.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir: bundle,
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import{createRequire as _c}from'node:module';const require=_c(import.meta.url);",
    },
    logLevel: 'silent',
  })
  const script = `
    import { loadConfig } from './config/config.mjs'
    const config = await loadConfig(${JSON.stringify({
      paths: { systemConfig: at.system, userConfig: at.user, configFolder: '/nowhere' },
      env: {},
      person: at.person,
      cache: { path: at.cache, version: '1' },
    })})
    console.log(config.store)`
  writeFileSync(join(bundle, 'run.mjs'), script)
  const load = () =>
    execFileSync(process.execPath, [join(bundle, 'run.mjs')], { encoding: 'utf8', stdio: 'pipe' })
  at.writeUser('store: none\n')
  t.equal(load(), 'none\n')
  settle(at)
  for (const name of readdirSync(bundle)) if (name.startsWith('build-')) rmSync(join(bundle, name))
  t.equal(load(), 'none\n', 'the cache suffices')
  at.writeUser('store: none # changed\n')
  t.throws(load, /build-/, 'a changed file needs them')
})
