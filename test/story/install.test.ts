// The story of an installation into another root: what install makes there, uninstall takes away.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from '../kit/run.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

t.test('installed into a root, and taken back to the byte', async t => {
  const root = join(t.testdir(), 'root')
  mkdirSync(join(root, 'etc'), { recursive: true })
  writeFileSync(join(root, 'etc/passwd'), '')
  const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }
  const inRoot = (...words: string[]) =>
    run(process.execPath, [program, ...words, '--system', '--root', root, '--yes'], {
      cwd: '/',
      env,
    })
  const before = tree(root)
  t.match(await inRoot('install', '--dry-run'), { code: 0, stderr: '' })
  t.same(tree(root), before, 'a dry run changes nothing')
  t.match(await inRoot('install'), { code: 0, stderr: '' })
  t.ok(existsSync(join(root, 'etc/claude-auth/config.yaml')))
  t.match((await inRoot('install')).stdout, /Changed: nothing/)
  t.match(await inRoot('uninstall'), { code: 0, stderr: '' })
  t.same(tree(root), before)
})

/** Every path below, with the text of files. */
function tree(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names.map(name => {
      const path = join(folder, name)
      return [name, statSync(path).isFile() ? readFileSync(path, 'utf8') : '']
    }),
  )
}
