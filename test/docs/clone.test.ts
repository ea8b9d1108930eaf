// A bare clone: `npm ci` installs what is committed as the lock file, and the build runs.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('npm ci and the build work in a bare clone', async t => {
  const clone = join(t.testdir({}), 'clone')
  const stdio = ['ignore', 'ignore', 'pipe'] as const
  execFileSync('git', ['clone', '--quiet', root, clone], { stdio: [...stdio] })
  // What is about to be committed counts.
  for (const name of ['package.json', 'package-lock.json'])
    execFileSync('cp', [join(root, name), clone])
  const words = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  execFileSync('npm', words, { cwd: clone, stdio: [...stdio] })
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: clone, stdio: [...stdio] })
  const told = execFileSync(join(clone, 'bin/claude-auth'), ['--version'], { encoding: 'utf8' })
  t.match(told, /^\d+\.\d+\.\d+\n$/)
  t.ok(existsSync(join(clone, 'dist/claude-auth.cjs')))
})
