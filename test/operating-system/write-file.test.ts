// A write leaves the old bytes or the new ones, and its error says what is in the way.

import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { foreignAbove } from '../../src/system/owner.js'
import {
  atomicWrite,
  freshNonce,
  makePrivateFolder,
  openInPlace,
  removeQuietly,
  writeFailed,
  writeInPlace,
} from '../../src/system/write-file.js'
import { compiled } from '../kit/compiled.js'
import { cannotTrace } from '../kit/kill-points.js'
import { run } from '../kit/run.js'

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

t.test('shorter and longer texts take the place of what was there, on the same inode', async t => {
  const path = join(t.testdir({ file: 'before' }), 'file')
  const { ino } = statSync(path)
  for (const text of ['a', 'longer than before', '', 'end']) {
    writeInPlace(path, Buffer.from(text))
    t.equal(readFileSync(path, 'utf8'), text)
  }
  t.equal(statSync(path).ino, ino)
})

t.test('a link, a second name and a folder are refused', async t => {
  const folder = t.testdir({ file: 'mine', folder: {} })
  symlinkSync(join(folder, 'file'), join(folder, 'link'))
  for (const name of ['link', 'folder', 'missing'])
    t.throws(() => openInPlace(join(folder, name)), name)
  linkSync(join(folder, 'file'), join(folder, 'twice'))
  t.throws(() => writeInPlace(join(folder, 'file'), Buffer.from('x')), { code: 'EPERM' })
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'mine')
  writeInPlace(join(folder, 'file'), Buffer.from('x'), { names: 'any' })
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'x')
})

t.test(
  'killed before any of its calls, it leaves the old text or the new one',
  {
    skip: cannotTrace,
  },
  async t => {
    const folder = t.testdir()
    const path = join(folder, 'file')
    const script = join(folder, 'write.mjs')
    const module = new URL('../../src/system/write-file.ts', import.meta.url).pathname
    writeFileSync(script, `import { writeInPlace } from ${JSON.stringify(module)}\n`)
    appendFileSync(script, 'writeInPlace(process.argv[2], Buffer.from(process.argv[3]))\n')
    const program = await compiled(t, script)
    const seen = new Set<string>()
    const texts = ['{"a":"short"}', `{"a":"${'long'.repeat(30)}"}`]
    for (const [before, after] of [texts, [...texts].reverse()] as [string, string][])
      for (const call of ['pwrite64:when=1', 'pwrite64:when=2', 'ftruncate', 'fsync']) {
        writeFileSync(path, before)
        const [name = '', when] = call.split(':')
        const inject = `inject=${name}:signal=SIGKILL${when === undefined ? '' : `:${when}`}`
        const words = [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-P',
          path,
          '-e',
          `trace=${name}`,
          '-e',
          inject,
        ]
        const node = [process.execPath, program, path, after]
        const cwd = new URL('../..', import.meta.url).pathname
        await run('strace', [...words, ...node], { cwd, env: { PATH: '/usr/bin:/bin' } })
        const found = readFileSync(path, 'utf8').trimEnd()
        t.ok([before, after].includes(found), `${call}: ${found}`)
        seen.add(found === after ? 'new' : 'old')
      }
  },
)

const skip = process.geteuid?.() === 0 ? false : 'it takes root'
const failed = (path: string, code: string) =>
  writeFailed(path, Object.assign(new Error(), { code }))

t.test('the hint looks where the trouble is', async t => {
  const folder = t.testdir({ file: '' })
  t.match(failed(`${folder}/file`, 'ENOSPC'), {
    code: 'write-failed',
    message: `could not write ${folder}/file (ENOSPC)`,
    hint: /^df /,
  })
  for (const code of ['EROFS', 'EBUSY', 'EXDEV', 'EIO'])
    t.equal(failed(`${folder}/file`, code).hint, `findmnt -T ${folder}/file`)
  for (const code of ['EMFILE', 'ENFILE']) t.equal(failed(`${folder}/file`, code).hint, 'ulimit -n')
  t.equal(failed(`${folder}/not/there`, 'ENOSPC').hint, `df -h ${folder}`)
  t.equal(failed(`${folder}/file`, 'EDQUOT').hint, 'quota -s')
  t.equal(failed(`${folder}/file`, 'EPERM').hint, `lsattr -d ${folder} ${folder}/file`)
  t.equal(failed(`${folder}/file`, 'EACCES').hint, `ls -ld ${folder} ${folder}/file`)
  // As with a home that is not there: only of what is there can anything be said.
  t.equal(failed(`${folder}/not/there/yet`, 'EACCES').hint, `ls -ld ${folder}`)
  t.equal(failed(`${folder}/new`, 'EACCES').hint, `ls -ld ${folder}`)
  mkdirSync(`${folder}/it is`)
  t.equal(failed(`${folder}/it is/file`, 'EROFS').hint, `findmnt -T '${folder}/it is'`)
})

t.test(
  'somebody else’s folder inside our own is found, and root takes nobody’s',
  { skip },
  async t => {
    const folder = t.testdir()
    const [home, theirs] = [`${folder}/home`, `${folder}/home/theirs`]
    mkdirSync(`${theirs}/ours`, { recursive: true })
    for (const path of [home, `${theirs}/ours`]) chownSync(path, 12345, 12345)
    for (const path of [theirs, `${theirs}/file`, `${theirs}/ours/not/there`]) {
      t.equal(foreignAbove(path, 12345), theirs)
      t.equal(foreignAbove(path, 0), null)
    }
    for (const path of [home, `${home}/file`, '/etc/passwd', '/'])
      t.equal(foreignAbove(path, 12345), null)
  },
)
