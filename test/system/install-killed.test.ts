// An installation that is killed at any of its renames: a second run completes it, or removal leaves no trace.

import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cannotTrace } from '../kit/kill-points.js'
import { run } from '../kit/run.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }

/** The tree of a small machine: zsh, fish, bash, somebody's skel. */
function tree(folder: string): string {
  const root = join(folder, 'root')
  const files: Record<string, string> = {
    'etc/zsh/zshenv': 'setopt x\n',
    'etc/bash.bashrc': '# mine\n',
    'etc/skel/.claude/settings.json': '{"model": "opus"}\n',
    'usr/lib/systemd/systemd': '',
    'etc/fish/config.fish': '',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

/** Every path with its kind, mode and content. */
function all(root: string): string[] {
  return readdirSync(root, { recursive: true })
    .map(String)
    .sort()
    .map(path => {
      const full = join(root, path)
      const stat = lstatSync(full)
      if (stat.isSymbolicLink()) return `${path} -> ${readlinkSync(full)}`
      const mode = (statSync(full).mode & 0o777).toString(8)
      return stat.isFile() ? `${path} ${mode} ${readFileSync(full, 'utf8')}` : `${path}/ ${mode}`
    })
}

t.test('killed at each rename', { skip: cannotTrace, timeout: 300_000 }, async t => {
  const first = tree(t.testdir())
  const before = all(first)
  const command = (word: string, root: string) =>
    run('node', [program, word, '--system', '--root', root, '--json'], { cwd: '/', env })
  const whole = await command('install', first)
  t.equal(whole.code, 0, whole.stderr)
  const complete = all(first).filter(line => !line.includes('manifest.json'))
  const renames = (JSON.parse(whole.stdout) as { changes: unknown[] }).changes.length
  t.equal((await command('uninstall', first)).code, 0)
  t.same(all(first), before)

  // Not at each in every run: the test is to be short. All of them come by in turn.
  const step = process.env['CLAUDE_AUTH_TEST_EXHAUSTIVE'] === '1' ? 1 : 6
  for (let nth = 1 + (Date.now() % step); nth <= renames; nth += step) {
    const root = `${first}-${nth}`
    cpSync(first, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    const inject = ['-e', 'trace=rename', '-e', `inject=rename:signal=SIGKILL:when=${nth}`]
    const words = [program, 'install', '--system', '--root', root]
    const strace = ['-f', '-qq', '-o', '/dev/null', ...inject, 'node', ...words]
    await run('strace', strace, { cwd: '/', env })
    if (nth % 2 === 0) {
      t.equal((await command('install', root)).code, 0, `completed after rename ${nth}`)
      const found = all(root).filter(line => !line.includes('manifest.json'))
      t.same(found, complete, `completed after rename ${nth}`)
    }
    t.equal((await command('uninstall', root)).code, 0, `removed after rename ${nth}`)
    t.same(all(root), before, `removed after rename ${nth}`)
  }
})
