// Folders that other programs use as well (~/.local, ~/.config) are made as these would make them; only ours are private.

import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const isOurs = (path: string) => /(?:^|\/)(?:claude-auth|\.claude)(?:\/|$)/.test(path)

/** Every folder below the home that was not there before, with its mode. */
function madeIn(box: Sandbox, before: string[]): [string, number][] {
  const made = foldersOf(box).filter(path => !before.includes(path))
  return made.map(path => [path, statSync(join(box.home.path, path)).mode & 0o777])
}

function foldersOf({ home }: Sandbox): string[] {
  const all = readdirSync(home.path, { recursive: true, withFileTypes: true })
  return all
    .filter(each => each.isDirectory())
    .map(each => join(each.parentPath, each.name).slice(home.path.length + 1))
}

function judge(t: Test, made: [string, number][], mask: number) {
  t.ok(
    made.some(([path]) => path === '.local'),
    'made above ours',
  )
  for (const [path, mode] of made)
    if (!isOurs(path)) t.equal(mode, 0o755 & ~mask, path)
    else if (/(?:claude-auth|\.claude)$/.test(path)) t.equal(mode, 0o700, path)
}

for (const mask of [0o022, 0o077])
  t.test(`umask ${mask.toString(8)}`, async t => {
    const withMask = (box: Sandbox, ...words: string[]) =>
      box.run('sh', ['-c', `umask 0${mask.toString(8)} && exec "$@"`, 'sh', ...words])

    await t.test('a first launch', async t => {
      const box = await sandbox(t, { login: 'expired' })
      const before = foldersOf(box)
      t.match(await withMask(box, join(root, 'bin/claude'), '-p', 'hi'), { code: 0, stderr: '' })
      await box.settle()
      judge(t, madeIn(box, before), mask)
    })

    await t.test('a first launch with a login folder that is not there', async t => {
      const box = await sandbox(t, { login: 'none' })
      const folder = join(box.home.path, 'deep/down')
      mkdirSync(join(box.home.path, '.local'), { mode: 0o755 })
      const config = `profiles: [{name: work, folder: ~/deep/down}]\n`
      box.home.write(box.home.configFile, `version: 1\n${config}`)
      await withMask(box, 'env', `CLAUDE_CONFIG_DIR=${folder}`, join(root, 'bin/claude'), 'hi')
      await box.settle()
      t.equal(statSync(join(box.home.path, 'deep')).mode & 0o777, 0o755 & ~mask)
      t.equal(statSync(folder).mode & 0o777, 0o700)
      t.equal(statSync(join(folder, '.claude-auth')).mode & 0o777, 0o700)
      t.equal(statSync(join(folder, '.claude-auth/gate')).mode & 0o077, 0)
    })

    await t.test('install', async t => {
      const box = await sandbox(t, { login: 'valid' })
      const before = foldersOf(box)
      const program = join(root, 'bin/claude-auth')
      t.match(await withMask(box, 'node', program, 'install', '--yes'), { code: 0 })
      const made = madeIn(box, before).filter(([path]) => !path.includes('lib/claude-auth/'))
      judge(t, made, mask)
    })
  })

t.test('new homes of a machine', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  const words = [join(root, 'bin/claude-auth'), 'install', '--system']
  t.match(await machine.run('node', words), { code: 0 })
  await machine.addUser('ada')
  const folders = '/home/ada/.local /home/ada/.local/bin /home/ada/.claude'
  t.equal(await machine.sh(`stat -c %a ${folders}`), '755\n755\n700\n')
})
