// Atomic writes: the old file or the new one, private, and nothing left beside it.

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  atomicWrite,
  freshNonce,
  makePrivateFolder,
  removeQuietly,
} from '../../src/system/atomic-write.js'

t.test('a file is replaced, private whatever the umask and the old mode', async t => {
  const folder = t.testdir({ file: 'old' })
  const path = join(folder, 'file')
  chmodSync(path, 0o666)
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  for (const mask of [0, 0o777]) {
    process.umask(mask)
    atomicWrite(path, `new ${mask}`, { nonce: 'n' })
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(readFileSync(path, 'utf8'), `new ${mask}`)
  }
  t.same(readdirSync(folder), ['file'])
})

t.test('the file’s time can be set, in whole seconds', async t => {
  const path = join(t.testdir(), 'file')
  atomicWrite(path, '', { nonce: 'n', mtimeSeconds: 1_700_000_000, durable: false })
  t.equal(statSync(path).mtimeMs, 1_700_000_000_000)
})

t.test('a planted link is not followed', async t => {
  const folder = t.testdir({ victim: 'untouched' })
  const path = join(folder, 'file')
  symlinkSync(join(folder, 'victim'), `${path}.tmp.n`)
  t.throws(() => atomicWrite(path, 'new', { nonce: 'n' }), { code: 'write-failed' })
  t.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'untouched')
  symlinkSync(join(folder, 'victim'), path)
  atomicWrite(path, 'new', { nonce: 'm' })
  t.equal(
    readFileSync(join(folder, 'victim'), 'utf8'),
    'untouched',
    'a link at the path is replaced',
  )
})

t.test('what another process makes at the same name stays, for it to be renamed', async t => {
  const folder = t.testdir({ 'file.tmp.n': 'theirs' })
  t.throws(() => atomicWrite(join(folder, 'file'), 'ours', { nonce: 'n' }), { message: /EEXIST/ })
  t.equal(readFileSync(join(folder, 'file.tmp.n'), 'utf8'), 'theirs')
  t.equal(new Set(Array.from({ length: 100 }, freshNonce)).size, 100)
})

t.test('a failure says where, leaves the old file and nothing beside it', async t => {
  const folder = t.testdir({ file: 'old' })
  mkdirSync(join(folder, 'taken'))
  t.throws(() => atomicWrite(join(folder, 'taken'), 'secret', { nonce: 'n' }), {
    code: 'write-failed',
    message: /^could not write .*\/taken \(EISDIR\)$/,
    hint: `ls -ld ${folder} ${join(folder, 'taken')}`,
  })
  t.throws(() => atomicWrite(join(folder, 'no', 'file'), 'x', { nonce: 'n' }), {
    message: /ENOENT/,
  })
  t.same(readdirSync(folder).sort(), ['file', 'taken'])
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old')
})

t.test(
  'a private folder is private from the first, those above it are as the umask says',
  async t => {
    for (const [mask, mode] of [
      [0o022, 0o755],
      [0o002, 0o755],
      [0o077, 0o700],
    ] as const) {
      const folder = join(t.testdir(), String(mask))
      const before = process.umask(mask)
      makePrivateFolder(join(folder, 'a', 'b'))
      process.umask(before)
      t.equal(statSync(join(folder, 'a')).mode & 0o777, mode)
      t.equal(statSync(join(folder, 'a', 'b')).mode & 0o777, 0o700)
    }
  },
)

t.test('a folder that is there is left as it is', async t => {
  const folder = t.testdir({ a: {} })
  chmodSync(join(folder, 'a'), 0o755)
  makePrivateFolder(join(folder, 'a'))
  t.equal(statSync(join(folder, 'a')).mode & 0o777, 0o755)
})

t.test('removing what is not there is no error', async t => {
  const path = join(t.testdir(), 'file')
  removeQuietly(path)
  writeFileSync(path, '')
  removeQuietly(path)
  t.throws(() => statSync(path), { code: 'ENOENT' })
})
