// What saving needs is proved before a request leaves: places that can be replaced, written over, or neither.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeLoginFile } from '../../src/login/login-file.js'
import { readyToSave, whyFixed } from '../../src/login/save-proof.js'
import { attributes, chattr } from '../kit/attributes.js'
import { compiled } from '../kit/compiled.js'

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can mount' }
const nonce = () => randomBytes(8).toString('hex')
const prove = (file: string) => readyToSave(file, nonce).release()

/** A folder with a login file; what is mounted in it is unmounted at the end. */
function place(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-proof-'))
  const file = join(folder, '.credentials.json')
  writeFileSync(file, '{}')
  const mounted: string[] = []
  t.teardown(() => {
    for (const at of mounted.reverse()) spawnSync('umount', ['-l', at])
    rmSync(folder, { recursive: true, force: true })
  })
  const bind = (from: string, at: string) => {
    t.equal(spawnSync('mount', ['--bind', from, at]).status, 0)
    mounted.push(at)
  }
  const readOnly = (at: string) => spawnSync('mount', ['-o', 'remount,bind,ro', at])
  return { folder, file, bind, readOnly }
}

t.test('a plain file, one behind a link, and none yet: nothing is left or changed', async t => {
  const { folder, file } = place(t)
  symlinkSync(file, `${file}.link`)
  for (const path of [file, `${file}.link`, join(folder, 'new')]) prove(path)
  t.same(readdirSync(folder).sort(), ['.credentials.json', '.credentials.json.link'])
  t.equal(readFileSync(file, 'utf8'), '{}')
})

t.test('a mount point is proved by writing, and saved to on the same inode', asRoot, async t => {
  const { folder, file, bind } = place(t)
  writeFileSync(join(folder, 'real'), '{"real":1}')
  bind(join(folder, 'real'), file)
  const { ino } = statSync(file)
  prove(file)
  t.equal(readFileSync(file, 'utf8'), '{"real":1}')
  writeLoginFile(file, Buffer.from('{"new":1}'), nonce())
  t.equal(readFileSync(file, 'utf8'), '{"new":1}')
  t.equal(statSync(file).ino, ino)
})

t.test('a mount point that is read-only is refused, and named', asRoot, async t => {
  const { file, bind, readOnly } = place(t)
  bind(file, file)
  readOnly(file)
  t.throws(() => prove(file), { code: 'login-fixed', hint: `findmnt -T ${file}` })
})

t.test(
  'a folder that lets nothing be renamed will do where the file can be written',
  attributes,
  async t => {
    const { folder, file } = place(t)
    chattr(t, '+a', folder)
    t.throws(() => renameSync(file, `${file}.old`))
    prove(file)
    writeLoginFile(file, Buffer.from('{"new":1}'), nonce())
    t.equal(readFileSync(file, 'utf8'), '{"new":1}')
  },
)

t.test('a folder that takes no lock is refused, whatever the file allows', asRoot, async t => {
  const { folder, file, bind, readOnly } = place(t)
  writeFileSync(join(folder, 'real'), '{}')
  const real = join(folder, 'real')
  bind(folder, folder)
  bind(real, file)
  readOnly(folder)
  t.throws(() => prove(file), { code: 'write-failed', message: /could not make a lock in / })
})

for (const attribute of ['+i', '+a'])
  t.test(`a login file with the attribute ${attribute}`, attributes, async t => {
    const { folder, file } = place(t)
    chattr(t, attribute, file)
    t.throws(() => prove(file), { code: 'login-fixed', hint: `lsattr -d ${folder} ${file}` })
    t.same(readdirSync(folder), ['.credentials.json'])
    t.not(whyFixed(file), null)
    // A client would replace the link.
    const link = join(folder, 'link')
    symlinkSync(file, link)
    prove(link)
    writeLoginFile(link, Buffer.from('{"new":1}'), nonce())
    t.equal(readFileSync(link, 'utf8'), '{"new":1}')
    t.equal(readFileSync(file, 'utf8'), '{}')
  })

t.test('a link into a place that is read-only gives way itself', asRoot, async t => {
  const { folder, file, bind, readOnly } = place(t)
  const dotfiles = join(folder, 'dotfiles')
  mkdirSync(dotfiles)
  renameSync(file, join(dotfiles, 'login.json'))
  symlinkSync(join(dotfiles, 'login.json'), file)
  bind(dotfiles, dotfiles)
  readOnly(dotfiles)
  prove(file)
  writeLoginFile(file, Buffer.from('{"new":1}'), nonce())
  t.notOk(lstatSync(file).isSymbolicLink())
  t.equal(readFileSync(file, 'utf8'), '{"new":1}')
})

t.test('a mount point with a second name can be written over', asRoot, async t => {
  const { folder, file, bind } = place(t)
  const real = join(folder, 'real')
  writeFileSync(real, '{"real":1}')
  linkSync(real, join(folder, 'second'))
  bind(real, file)
  prove(file)
  writeLoginFile(file, Buffer.from('{"new":1}'), nonce())
  t.equal(readFileSync(file, 'utf8'), '{"new":1}')
})

t.test('a file that only may not be written gives way to another', async t => {
  const { file } = place(t)
  chmodSync(file, 0o400)
  prove(file)
  t.equal(whyFixed(file), null)
})

t.test('too few descriptors are told, and given back', async t => {
  const { folder, file } = place(t)
  const script = join(folder, 'prove.mjs')
  const module = new URL('../../src/login/save-proof.ts', import.meta.url).pathname
  writeFileSync(
    script,
    `import { closeSync, openSync, writeSync } from 'node:fs'
    import { readyToSave } from ${JSON.stringify(module)}
    const taken = []
    try { for (;;) taken.push(openSync('/dev/null', 'r')) } catch {}
    for (const file of taken.splice(0, 5)) closeSync(file)
    try { readyToSave(${JSON.stringify(file)}, () => 'aaaaaaaa') }
    catch (error) { writeSync(1, error.code + ' ' + error.hint + '\\n') }
    for (let n = 0; n < 5; n++) openSync('/dev/null', 'r')
    writeSync(1, 'five again\\n')`,
  )
  const cwd = new URL('../..', import.meta.url).pathname
  const program = await compiled(t, script)
  const words = ['--nofile=200:200', process.execPath, program]
  const { stdout, stderr } = spawnSync('prlimit', words, { cwd, encoding: 'utf8' })
  t.equal(stdout, 'write-failed ulimit -n\nfive again\n', stderr)
})
