// Opening files: only regular ones of bounded size are read, secrets only where nobody else may, and nothing waits.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  constants,
  linkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import {
  bytesAt,
  openOwn,
  openRegular,
  readBounded,
  readPrivateFile,
  requireBytes,
  textAt,
} from '../../src/system/open-file.js'

const uid = process.geteuid?.() ?? 0
const isRoot = uid === 0

const maxBytes = 1024

/** What may stand in the place of a file, and what is said of it. */
const odd: Record<string, { put: (path: string) => void; why: RegExp }> = {
  'a pipe': { put: path => execFileSync('mkfifo', [path]), why: /not a regular file/ },
  'a link to /dev/zero': { put: path => symlinkSync('/dev/zero', path), why: /not a regular file/ },
  'a link to /dev/random': {
    put: path => symlinkSync('/dev/random', path),
    why: /not a regular file/,
  },
  'a link to the terminal': {
    put: path => symlinkSync('/dev/tty', path),
    why: /not a regular file/,
  },
  'a folder': { put: path => execFileSync('mkdir', [path]), why: /not a regular file/ },
  'a loop': { put: path => symlinkSync(path, path), why: /cannot be read \(ELOOP\)/ },
  'a sparse file': {
    put: path => {
      writeFileSync(path, '')
      truncateSync(path, 100 * 1024 * 1024)
    },
    why: /larger than 1 KiB/,
  },
  'a file of the kernel without a size': {
    put: path => symlinkSync('/proc/kallsyms', path),
    why: /larger than 1 KiB|cannot be read/,
  },
}

for (const [name, { put, why }] of Object.entries(odd))
  t.test(`${name} is told, not read`, async t => {
    const path = join(t.testdir(), 'file')
    put(path)
    t.match(readBounded(path, { maxBytes }), { kind: 'unfit', why })
    t.equal(bytesAt(path, { maxBytes }), null)
    t.throws(() => requireBytes(path, { maxBytes }), {
      code: 'not-private',
      message: why,
      hint: `ls -ld ${path}`,
    })
    if (name !== 'a sparse file')
      t.throws(() => openOwn(path, constants.O_RDWR | constants.O_APPEND))
  })

t.test('a socket is told, not read', async t => {
  const path = join(t.testdir(), 's')
  const server = createServer().listen(path)
  t.teardown(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  t.match(readBounded(path, { maxBytes }), { kind: 'unfit', why: 'is not a regular file' })
})

t.test('what is missing is told apart, and what fits is read', async t => {
  const folder = t.testdir({
    full: 'x'.repeat(maxBytes),
    over: 'x'.repeat(maxBytes + 1),
    empty: '',
  })
  t.same(readBounded(join(folder, 'none'), { maxBytes }), { kind: 'missing' })
  t.same(readBounded(join(folder, 'full', 'none'), { maxBytes }), { kind: 'missing' })
  t.equal(textAt(join(folder, 'full'), { maxBytes })?.length, maxBytes)
  t.equal(textAt(join(folder, 'empty'), { maxBytes }), '')
  t.equal(textAt(join(folder, 'over'), { maxBytes }), null)
  t.equal(requireBytes(join(folder, 'none'), { maxBytes }), null)
  const judge = () => 'belongs to user 1'
  t.match(readBounded(join(folder, 'full'), { maxBytes, judge }), { kind: 'unfit', why: judge() })
})

t.test('a link is followed only where it may be', async t => {
  const folder = t.testdir({ file: 'text' })
  const link = join(folder, 'link')
  symlinkSync('file', link)
  t.equal(textAt(link, { maxBytes }), 'text')
  t.equal(textAt(link, { maxBytes, links: 'refuse' }), null)
  t.throws(() => openRegular(link, constants.O_RDONLY, { links: 'refuse' }), {
    code: 'not-private',
  })
})

t.test('a file of our own has one name and is this user’s', async t => {
  const folder = t.testdir({ file: 'text', other: 'text' })
  const [file, other] = [join(folder, 'file'), join(folder, 'other')]
  t.ok(openOwn(file, constants.O_RDONLY))
  linkSync(file, join(folder, 'second'))
  t.throws(() => openOwn(file, constants.O_RDONLY), { code: 'not-private', message: /is not ours/ })
  if (!isRoot) return
  chownSync(other, 65_533, 65_533)
  t.throws(() => openOwn(other, constants.O_RDONLY), { code: 'not-private' })
})

t.test('a secret readable by others is refused with the command to type', async t => {
  const path = join(t.testdir({ token: 'hvs.secret' }), 'token')
  chmodSync(path, 0o644)
  t.throws(() => readPrivateFile(path, { uid }), {
    code: 'secret-readable-by-others',
    exitCode: 2,
    message: `${path} is readable by others`,
    hint: `chmod 600 ${path}`,
  })
  chmodSync(path, 0o600)
  t.equal(readPrivateFile(path, { uid }), 'hvs.secret')
})

t.test('a secret of another user is refused', async t => {
  const path = join(t.testdir({ token: 'x' }), 'token')
  chmodSync(path, 0o600)
  if (isRoot) chownSync(path, 54_321, 54_321)
  t.throws(() => readPrivateFile(path, { uid: isRoot ? 0 : uid + 1 }), {
    code: 'secret-readable-by-others',
    message: /belongs to user/,
  })
})

t.test('a missing secret is null, what is no file is refused', async t => {
  const folder = t.testdir({ big: 'x'.repeat(65 * 1024) })
  chmodSync(join(folder, 'big'), 0o600)
  t.equal(readPrivateFile(join(folder, 'missing'), { uid }), null)
  t.throws(() => readPrivateFile(folder, { uid }), { code: 'not-private', message: /regular file/ })
  t.throws(() => readPrivateFile(join(folder, 'big'), { uid }), { message: /larger than 64 KiB/ })
})
