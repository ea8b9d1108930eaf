// A site's repository for a test: a bare one that everybody pushes to, and a clone in which commits are made.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Teardown } from './sandbox.js'

export interface GitSite {
  folder: string
  /** Where pushes go. */
  bare: string
  /** A plain clone of it, on `master`. */
  clone: string
  /** `git ARGS` in the clone; throws where it fails. */
  git(args: string[], env?: Record<string, string>): string
  /** Writes the files (null: removes one) and commits all that changed; gives the commit's name. */
  commit(files: Record<string, string | null>, message: string, author?: string): string
  push(): void
}

/** Below `folder`, or in a new one that ends with the test. */
export function gitSite(t: Teardown, folder?: string): GitSite {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'claude-auth-git-'))
  if (folder === undefined) t.teardown(() => rmSync(place, { recursive: true, force: true }))
  const [bare, clone] = [join(place, 'infra.git'), join(place, 'infra')]
  gitIn(place, ['init', '-q', '--bare', '-b', 'master', bare])
  gitIn(place, ['clone', '-q', bare, clone])
  gitIn(clone, ['symbolic-ref', 'HEAD', 'refs/heads/master'])
  const git: GitSite['git'] = (args, env) => gitIn(clone, args, env)
  return {
    folder: place,
    bare,
    clone,
    git,
    commit(files, message, author = 'Ada Admin <ada@example.com>') {
      for (const [name, text] of Object.entries(files)) {
        const path = join(clone, name)
        mkdirSync(dirname(path), { recursive: true })
        if (text === null) rmSync(path)
        else writeFileSync(path, text)
      }
      git(['add', '-A'])
      git(['commit', '-q', '--allow-empty', '--author', author, '-m', message])
      return git(['rev-parse', 'HEAD']).trim()
    },
    push: () => void git(['push', '-q', 'origin', 'HEAD:master']),
  }
}

/** Without the settings of who runs the tests. */
function gitIn(folder: string, args: string[], env: Record<string, string> = {}): string {
  const ended = spawnSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada Admin',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada Admin',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      ...env,
    },
  })
  if (ended.status !== 0) throw new Error(`git ${args.join(' ')}: ${ended.stderr}`)
  return ended.stdout
}
