// What is kept of a run is used by the next one, and only what this very user keeps.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import t, { type Test } from 'tap'
import { codePlace, removeCode, runCompiled } from '../../src/system/compile-cache.js'

// In one process V8 would remember the script by itself.
setFlagsFromString('--no-compilation-cache')

const isRoot = process.getuid?.() === 0

/** A script of two functions, of which it calls the first. */
const source = Buffer.from(
  `(() => { const one = () => 1; const two = () => ${'2 + '.repeat(500)}2; return { one, two } })()`,
)

function place(t: Test) {
  const home = mkdtempSync(join(tmpdir(), 'compile-cache-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const at = codePlace({ HOME: home }, 'main-0123456789abcdef.cjs')
  if (at === null) throw new Error('there is no place')
  return { home, at, file: join(at.folder, at.name) }
}

interface Functions {
  one(): number
  two(): number
}

t.test('what was compiled is kept, privately, and again when there is more of it', async t => {
  const { at, file } = place(t)
  const first = runCompiled(source, 'script', at)
  t.equal((first.value as Functions).one(), 1)
  first.keep(Date.now(), true)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(at.folder).mode & 0o777, 0o700)
  const { ino, size } = statSync(file)
  const same = runCompiled(source, 'script', at)
  t.equal((same.value as Functions).one(), 1)
  same.keep(Date.now(), true)
  t.equal(statSync(file).ino, ino, 'no more than before')
  const more = runCompiled(source, 'script', at)
  t.equal((more.value as Functions).two(), 1002)
  more.keep(Date.now(), false)
  t.equal(statSync(file).ino, ino, 'not looked at in every run')
  more.keep(Date.now(), true)
  t.ok(statSync(file).size > size)
  t.same(readdirSync(at.folder), [at.name])
})

t.test(
  'what could be of somebody else, or is of another script, is not run but replaced',
  async t => {
    const spoil: Record<string, (file: string, folder: string) => void> = {
      'writable by others': file => chmodSync(file, 0o666),
      'in a folder writable by others': (_, folder) => chmodSync(folder, 0o777),
      'a link': file => {
        renameSync(file, `${file}.else`)
        symlinkSync(`${file}.else`, file)
      },
      damaged: file => {
        const bytes = readFileSync(file)
        const middle = bytes.length >> 1
        bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
        writeFileSync(file, bytes)
      },
      empty: file => truncateSync(file, 0),
      'cut short': file => truncateSync(file, 100),
      'of another script': file => {
        const { folder } = place(t).at
        const other = { folder, name: 'other' }
        runCompiled(Buffer.from('"another"'), 'other', other).keep(Date.now(), true)
        writeFileSync(file, readFileSync(join(folder, 'other')))
      },
      'a pipe': file => {
        rmSync(file)
        execFileSync('mkfifo', [file])
      },
      'a folder': file => {
        rmSync(file)
        mkdirSync(file)
      },
      ...(isRoot ? { 'owned by another': (file: string) => chownSync(file, 65_534, 65_534) } : {}),
    }
    for (const [how, spoiled] of Object.entries(spoil)) {
      const { at, file } = place(t)
      runCompiled(source, 'script', at).keep(Date.now(), true)
      spoiled(file, at.folder)
      const before = statSync(file)
      const next = runCompiled(source, 'script', at)
      t.equal((next.value as Functions).one(), 1, how)
      next.keep(Date.now(), true)
      const isReplaced = statSync(file).ino !== before.ino
      t.equal(isReplaced, !['in a folder writable by others', 'a folder'].includes(how), how)
    }
  },
)

t.test('nothing is kept without a home, in that of another, or where it is not wanted', async t => {
  const { home } = place(t)
  t.equal(codePlace({}, 'main'), null)
  t.equal(codePlace({ HOME: 'relative' }, 'main'), null)
  t.equal(codePlace({ HOME: join(home, 'none') }, 'main'), null)
  t.equal(codePlace({ HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' }, 'main'), null)
  writeFileSync(join(home, 'file'), '')
  t.equal(codePlace({ HOME: join(home, 'file/none') }, 'main'), null)
  t.equal(codePlace({ HOME: join(home, 'x'.repeat(300)) }, 'main'), null)
  const elsewhere = join(home, 'not/yet')
  const there = codePlace({ HOME: home, XDG_CACHE_HOME: elsewhere }, 'main')
  t.equal(there?.folder, `${elsewhere}/claude-auth`)
  if (isRoot) {
    const other = mkdtempSync(join(tmpdir(), 'compile-cache-'))
    t.teardown(() => rmSync(other, { recursive: true }))
    chownSync(other, 65_534, 65_534)
    t.equal(codePlace({ HOME: other }, 'main'), null)
    t.equal(codePlace({ HOME: home, XDG_CACHE_HOME: other }, 'main'), null)
    t.equal(codePlace({ HOME: home, XDG_CACHE_HOME: join(other, 'not/yet') }, 'main'), null)
  }
})

t.test('each bundle and each Node has its own', async t => {
  const { home } = place(t)
  const nameOf = (bundle: string) => codePlace({ HOME: home }, bundle)?.name
  t.match(nameOf('main-1.cjs'), /^main-1\.cjs-v\d+\.\d+\.\d+-\w+-\d+-\d+$/)
  t.not(nameOf('main-1.cjs'), nameOf('main-2.cjs'))
})

t.test('a bundle that was edited is compiled anew, though it has its old length', async t => {
  const { at } = place(t)
  runCompiled(Buffer.from('(() => 1)()'), 'script', at).keep(Date.now(), true)
  t.equal(runCompiled(Buffer.from('(() => 2)()'), 'script', at).value, 2)
})

t.test('what an earlier version left goes after a month, and nothing else of that age', async t => {
  const { at } = place(t)
  const [young, old] = ['main-1111111111111111.cjs', 'engine-2222222222222222.cjs'].map(bundle =>
    at.name.replace(/^.*\.cjs/, bundle),
  ) as [string, string]
  for (const name of [young, old])
    runCompiled(source, 'script', { ...at, name }).keep(Date.now(), true)
  const alike = old.replace('2222222222222222', '3333333333333333')
  const others: Record<string, string> = {
    'default.jwe': 'the sealed login',
    key: 'the key of the sealed store',
    'config.yaml': 'version: 1',
    [alike]: 'a name like ours, and other bytes in it: they begin as no code of V8 does',
    [`${old}.bak`]: readFileSync(join(at.folder, old), 'latin1'),
  }
  for (const [name, text] of Object.entries(others)) writeFileSync(join(at.folder, name), text)
  mkdirSync(join(at.folder, old.replace('2222222222222222', '4444444444444444')))
  const longAgo = Date.now() / 1000 - 40 * 24 * 3600
  for (const name of readdirSync(at.folder))
    if (name !== young) utimesSync(join(at.folder, name), longAgo, longAgo)
  const before = readdirSync(at.folder)
  runCompiled(source, 'script', at).keep(Date.now(), true)
  const wanted = [...before.filter(name => name !== old), at.name].sort()
  t.same(readdirSync(at.folder).sort(), wanted)
  removeCode(at.folder, () => true)
  t.same(
    readdirSync(at.folder).sort(),
    wanted.filter(name => name !== at.name && name !== young),
    'an uninstall leaves them too',
  )
})

t.test('nothing is swept where others can change something, or behind a link', async t => {
  const { home, at } = place(t)
  runCompiled(source, 'script', at).keep(Date.now(), true)
  chmodSync(home, 0o777)
  removeCode(at.folder, () => true)
  t.same(readdirSync(at.folder), [at.name])
  chmodSync(home, 0o700)
  symlinkSync(at.folder, join(home, 'link'))
  removeCode(join(home, 'link'), () => true)
  t.same(readdirSync(at.folder), [at.name])
})

t.test('a folder that cannot be made stops nothing', async t => {
  const { home } = place(t)
  const at = codePlace({ HOME: home, XDG_CACHE_HOME: '/dev/null' }, 'main')
  const ran = runCompiled(Buffer.from('1'), 'script', at)
  t.equal(ran.value, 1)
  ran.keep(Date.now(), true)
})
