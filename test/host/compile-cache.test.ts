// What is kept of a run is used by the next one, and only what this very user keeps.

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
import { codePlace, runCompiled } from '../../src/host/compile-cache.js'

// In one process V8 would remember the script by itself.
setFlagsFromString('--no-compilation-cache')

const isRoot = process.getuid?.() === 0

/** A script of two functions, of which it calls the first. */
const source = `(() => { const one = () => 1; const two = () => ${'2 + '.repeat(500)}2; return { one, two } })()`

function place(t: Test) {
  const home = mkdtempSync(join(tmpdir(), 'compile-cache-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const at = codePlace({ HOME: home }, 'ensure', 'main-0123.cjs')
  if (at === null) throw new Error('there is no place')
  return { home, at, file: join(at.folder, at.name) }
}

interface Functions {
  one(): number
  two(): number
}

t.test('what was compiled is kept, privately, and once', async t => {
  const { at, file } = place(t)
  const first = runCompiled(source, 'script', at)
  t.equal((first.value as Functions).one(), 1)
  first.keep(false)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(at.folder).mode & 0o777, 0o700)
  const { ino, size } = statSync(file)
  const second = runCompiled(source, 'script', at)
  t.equal((second.value as Functions).two(), 1002)
  second.keep(false)
  t.equal(statSync(file).ino, ino, 'usable: it stays as it is')
  second.keep(true)
  t.ok(statSync(file).size > size, 'there is more of it now')
  const grown = statSync(file).ino
  const third = runCompiled(source, 'script', at)
  t.equal((third.value as Functions).one(), 1)
  third.keep(true)
  t.equal(statSync(file).ino, grown, 'no more than before')
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
      'cut short': file => truncateSync(file, 100),
      'of another script': file => {
        const { folder } = place(t).at
        const other = { folder, name: 'other' }
        runCompiled('"another"', 'other', other).keep(false)
        writeFileSync(file, readFileSync(join(folder, 'other')))
      },
      'a folder': file => {
        rmSync(file)
        mkdirSync(file)
      },
      ...(isRoot ? { 'owned by another': (file: string) => chownSync(file, 65_534, 65_534) } : {}),
    }
    for (const [how, spoiled] of Object.entries(spoil)) {
      const { at, file } = place(t)
      runCompiled(source, 'script', at).keep(false)
      spoiled(file, at.folder)
      const before = statSync(file)
      const next = runCompiled(source, 'script', at)
      t.equal((next.value as Functions).one(), 1, how)
      next.keep(false)
      const isReplaced = statSync(file).ino !== before.ino
      t.equal(isReplaced, !['in a folder writable by others', 'a folder'].includes(how), how)
    }
  },
)

t.test('nothing is kept without a home, in that of another, or where it is not wanted', async t => {
  const { home } = place(t)
  const word = 'ensure'
  t.equal(codePlace({}, word, 'main'), null)
  t.equal(codePlace({ HOME: 'relative' }, word, 'main'), null)
  t.equal(codePlace({ HOME: join(home, 'none') }, word, 'main'), null)
  t.equal(codePlace({ HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' }, word, 'main'), null)
  t.equal(codePlace({ HOME: home, XDG_CACHE_HOME: '/c' }, word, 'main')?.folder, '/c/claude-auth')
  if (isRoot) {
    chownSync(home, 65_534, 65_534)
    t.equal(codePlace({ HOME: home }, word, 'main'), null)
  }
})

t.test(
  'each command that is worth it has its own, and no word leads out of the folder',
  async t => {
    const { home } = place(t)
    const nameFor = (word?: string) => codePlace({ HOME: home }, word, 'main-1.cjs')?.name
    t.match(nameFor('ensure'), /^ensure-main-1\.cjs-v\d+\.\d+\.\d+-\w+$/)
    t.not(nameFor('ensure'), nameFor('status'))
    for (const word of [undefined, 'uninstall', '../../x', '']) t.equal(nameFor(word), undefined)
  },
)

t.test('what an earlier version left goes after a month', async t => {
  const { at } = place(t)
  runCompiled(source, 'script', { ...at, name: 'young' }).keep(false)
  runCompiled(source, 'script', { ...at, name: 'old' }).keep(false)
  const longAgo = Date.now() / 1000 - 40 * 24 * 3600
  utimesSync(join(at.folder, 'old'), longAgo, longAgo)
  runCompiled(source, 'script', at).keep(false)
  t.same(readdirSync(at.folder), [at.name, 'young'])
})

t.test('a folder that cannot be made stops nothing', async t => {
  const { home } = place(t)
  const at = codePlace({ HOME: home, XDG_CACHE_HOME: '/dev/null' }, 'ensure', 'main')
  const ran = runCompiled('1', 'script', at)
  t.equal(ran.value, 1)
  ran.keep(true)
})
