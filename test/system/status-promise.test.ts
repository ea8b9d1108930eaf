// `status` promises a renewal only where one can be made and saved.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { type Sandbox, type SandboxOptions, sandbox } from '../kit/sandbox.js'
import { localStoreOf } from '../kit/store-of.js'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const promise = /renews by itself|is renewed at the next launch/

/** A home whose login was checked, in sole custody if asked. */
async function checked(t: Test, options: SandboxOptions = {}): Promise<Sandbox> {
  const box = await sandbox(t, { login: 'valid', ...options })
  t.match(await box.ensure(), { code: 0 })
  const { stdout } = await box.command(['status'])
  t.match(stdout, promise, 'promised before')
  return box
}

/** `claude-auth status` and `doctor`, where `mount` was done before in a mount namespace of their own. */
async function looked(t: Test, box: Sandbox, mount = ':', env: Record<string, string> = {}) {
  const run = (...words: string[]) =>
    box.run(
      'unshare',
      ['-m', '--propagation', 'private', 'sh', '-c', `${mount} && exec "$@"`, 'sh']
        .concat('node', join(root, 'bin/claude-auth'))
        .concat(words),
      { env },
    )
  const plain = await run('status')
  const { stdout } = await run('status', '--json')
  const doctor = await run('doctor', '--offline')
  t.notMatch(plain.stdout, promise)
  t.match(JSON.parse(stdout), { renewsItself: false })
  t.notMatch(doctor.stdout.replace(/\s+/g, ' '), /it renews by itself|Nothing stands in the way/)
  return plain.stdout.replace(/\s+/g, ' ')
}

const isMachines = { skip: noOwnMachine }

t.test('a login folder that is read-only', isMachines, async t => {
  const box = await checked(t)
  const folder = box.home.paths.folder
  const mount = `mount --bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`
  const said = await looked(t, box, mount)
  t.match(said, /cannot be renewed/)
  t.match(said, new RegExp(`It needs care: ${folder}\\S* cannot be written \\(EROFS\\)`))
  t.match(said, 'Type: findmnt -T ')
})

t.test('a program that may not start, in sole custody', isMachines, async t => {
  const box = await checked(t, { config: { custody: 'sole' } })
  const lib = join(box.home.path, '.local/lib/claude-auth/current/bin')
  box.home.write(join(lib, 'claude-auth'), '#!/bin/sh\nexit 0\n', 0o755)
  const folder = join(box.home.path, '.local/lib')
  const mount = `mount --bind '${folder}' '${folder}' && mount -o remount,bind,noexec '${folder}'`
  t.match(await looked(t, box, mount), /is not allowed to start here/)
})

t.test('no refresh token anywhere, in sole custody', isMachines, async t => {
  const box = await checked(t, { config: { custody: 'sole' } })
  t.equal((await localStoreOf(box).read()).kind, 'current')
  rmSync(join(box.home.path, '.local/share/claude-auth'), { recursive: true })
  t.match(await looked(t, box), /has no refresh token for this login.*Type: claude-auth login/)
})

t.test('another credential signs', isMachines, async t => {
  const box = await checked(t)
  await looked(t, box, ':', { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' })
})

for (const mode of ['observe', 'off'])
  t.test(`mode: ${mode}`, isMachines, async t => {
    const box = await checked(t)
    const { url } = box.authority
    box.writeConfig({ version: 1, mode, endpoints: { oauth: url, api: url } })
    await looked(t, box)
  })

t.test(
  'a login file that is a mount point can be written over, and is renewed',
  isMachines,
  async t => {
    const box = await checked(t)
    const file = box.home.paths.loginFile
    const mount = `mount --bind '${file}' '${file}'`
    const words = ['-m', 'sh', '-c', `${mount} && exec "$@"`, 'sh', 'node']
    const { stdout } = await box.run('unshare', [...words, join(root, 'bin/claude-auth'), 'status'])
    t.match(stdout, promise)
  },
)
