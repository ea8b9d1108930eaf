// Who else may read or write: modes and owners, as a table, and on real files.

import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  checkParents,
  checkPrivateFile,
  closing,
  othersMayRead,
  othersMayWrite,
  readPrivateFile,
  unsafeParent,
} from '../../src/host/private-path.js'

const uid = process.geteuid?.() ?? 0
const isRoot = uid === 0

t.test('only the owner and root may write', async t => {
  const table: [owner: number, mode: number, safe: boolean][] = [
    [1000, 0o600, true],
    [1000, 0o755, true],
    [0, 0o644, true],
    [1000, 0o664, false],
    [1000, 0o602, false],
    [0, 0o1777, false],
    [1001, 0o600, false],
  ]
  for (const [owner, mode, safe] of table)
    t.equal(
      othersMayWrite({ uid: owner, mode }, 1000) === null,
      safe,
      `${owner} ${mode.toString(8)}`,
    )
})

t.test('only the owner may read, or a group that root chose', async t => {
  const table: [owner: number, mode: number, rootMayShare: boolean, safe: boolean][] = [
    [1000, 0o600, false, true],
    [1000, 0o400, false, true],
    [1000, 0o640, false, false],
    [1000, 0o640, true, false],
    [1000, 0o604, false, false],
    [0, 0o640, false, false],
    [0, 0o640, true, true],
    [0, 0o440, true, true],
    [0, 0o660, true, false],
    [0, 0o644, true, false],
    [1001, 0o600, true, false],
  ]
  for (const [owner, mode, rootMayShare, safe] of table) {
    const why = othersMayRead({ uid: owner, mode }, { uid: 1000, rootMayShare })
    t.equal(why === null, safe, `${owner} ${mode.toString(8)} ${rootMayShare}`)
  }
})

t.test('a secret readable by others is refused with the command to type', async t => {
  const path = join(t.testdir({ token: 'hvs.secret' }), 'token')
  chmodSync(path, 0o644)
  for (const read of [checkPrivateFile, readPrivateFile])
    t.throws(() => read(path, { uid }), {
      code: 'secret-readable-by-others',
      exitCode: 2,
      message: `${path} is readable by others`,
      hint: `chmod 600 ${path}`,
    })
  chmodSync(path, 0o600)
  t.equal(readPrivateFile(path, { uid }), 'hvs.secret')
  t.equal(checkPrivateFile(path, { uid })?.size, 10n)
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
  t.equal(checkPrivateFile(join(folder, 'missing'), { uid }), null)
  t.throws(() => readPrivateFile(folder, { uid }), { code: 'not-private', message: /regular file/ })
  t.throws(() => readPrivateFile(join(folder, 'big'), { uid }), { message: /larger than 64 KiB/ })
})

t.test('every folder up to the home is judged, through symlinks', async t => {
  const home = join(t.testdir(), 'home')
  const inner = join(home, 'a', 'b')
  mkdirSync(inner, { recursive: true, mode: 0o755 })
  writeFileSync(join(inner, 'file'), '')
  symlinkSync(join(inner, 'file'), join(home, 'link'))
  for (const path of [join(inner, 'file'), join(home, 'link')]) {
    chmodSync(join(home, 'a'), 0o755)
    t.equal(unsafeParent(path, { uid, home }), null)
    chmodSync(join(home, 'a'), 0o775)
    t.same(unsafeParent(path, { uid, home }), {
      folder: join(home, 'a'),
      why: 'is writable by others',
    })
  }
  t.throws(() => checkParents(join(inner, 'file'), { uid, home }), {
    code: 'not-private',
    hint: `chmod go-w ${join(home, 'a')}`,
  })
})

t.test('the home itself is judged, what is above it is not', async t => {
  const folder = t.testdir({ home: { file: '' } })
  const home = join(folder, 'home')
  chmodSync(folder, 0o777)
  chmodSync(home, 0o700)
  t.equal(unsafeParent(join(home, 'file'), { uid, home }), null)
  chmodSync(home, 0o777)
  t.equal(unsafeParent(join(home, 'file'), { uid, home })?.folder, home)
  chmodSync(folder, 0o755)
})

t.test('what is root’s is closed by sudo, what is for everybody is left alone', async t => {
  const table: [owner: number, mode: number, command: string][] = [
    [1000, 0o777, 'chmod go-w /x'],
    [0, 0o777, 'sudo chmod go-w /x'],
    [0, 0o1777, 'ls -ld /x'],
    [1001, 0o700, 'ls -ld /x'],
  ]
  for (const [owner, mode, command] of table)
    t.equal(closing('/x', { uid: owner, mode }, 1000), command, `${owner} ${mode.toString(8)}`)
})
