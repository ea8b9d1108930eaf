// A bare repository with the guard as its hook, a clone to push from, and the configuration that watches it.

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

export interface Ended {
  code: number | null
  said: string
}

/** What a push is made with: more of the environment, options of git push, another refspec. */
export interface PushWith {
  env?: Record<string, string>
  options?: string[]
  refspec?: string
}

export interface WatchedPlace {
  home: string
  bare: string
  work: string
  env: Record<string, string>
  git(...args: string[]): string
  /** Writes or (null) deletes files, commits all, and gives the commit. */
  commit(message: string, files?: Record<string, string | null>, author?: string): string
  push(more?: PushWith): Ended
  config(more: Record<string, unknown>): void
  command(args: string[], input?: string, env?: Record<string, string>): Ended
}

/** `folder` is the test's own. `users` is the roster; its branch has one commit with `files` files. */
export function watchedRepository(
  folder: string,
  users: Record<string, object>,
  { files = 6, entry = {} }: { files?: number; entry?: Record<string, unknown> } = {},
): WatchedPlace {
  const [home, bare, work] = ['home', 'infra.git', 'work'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'bob',
    GIT_AUTHOR_EMAIL: 'bob@example.com',
    GIT_COMMITTER_NAME: 'bob',
    GIT_COMMITTER_EMAIL: 'bob@example.com',
  }
  mkdirSync(join(home, '.config/claude-auth'), { recursive: true })
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: work,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  mkdirSync(work)
  execFileSync('git', ['init', '-q', '--bare', '-b', 'master', bare], { env })
  execFileSync('git', ['config', 'receive.advertisePushOptions', 'true'], { cwd: bare, env })
  git('init', '-q', '-b', 'master')
  git('remote', 'add', 'origin', `file://${bare}`)
  const ended = (end: { status: number | null; stdout: string; stderr: string }): Ended => ({
    code: end.status,
    said: `${end.stdout}${end.stderr}`,
  })
  const place: WatchedPlace = {
    home,
    bare,
    work,
    env,
    git,
    commit(message, changed = { [`file-${Math.random()}`]: 'x' }, author) {
      for (const [name, text] of Object.entries(changed)) {
        const path = join(work, name)
        mkdirSync(dirname(path), { recursive: true })
        if (text === null) rmSync(path)
        else writeFileSync(path, text)
      }
      git('add', '-A')
      const as = author === undefined ? [] : [`--author=${author} <${author}@example.com>`]
      git('commit', '-q', '--allow-empty', '--cleanup=verbatim', '-m', message, ...as)
      return git('rev-parse', 'HEAD').trim()
    },
    push: ({ env: more = {}, options = [], refspec = 'HEAD:master' } = {}) =>
      ended(
        spawnSync('git', ['push', ...options, 'origin', ...refspec.split(' ')], {
          cwd: work,
          env: { ...env, ...more },
          encoding: 'utf8',
        }),
      ),
    config(more) {
      const watched = { name: 'infra', repository: bare, branch: 'master', ...entry }
      const config = { version: 1, roster: join(home, 'roster.yaml'), changes: [watched], ...more }
      const file = join(home, '.config/claude-auth/config.yaml')
      writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    },
    command: (args, input = '', more = {}) =>
      ended(
        spawnSync(process.execPath, [program, 'changes', ...args], {
          cwd: home,
          env: { ...env, ...more },
          input,
          encoding: 'utf8',
        }),
      ),
  }
  writeFileSync(join(home, 'roster.yaml'), JSON.stringify({ users }))
  place.config({})
  place.commit(
    'Begin\n\nThe site needs a place.',
    Object.fromEntries(Array.from({ length: files }, (_, at) => [`begin/${at}`, `${at}`])),
  )
  git('push', '-q', 'origin', 'HEAD:master')
  const hook = join(bare, 'hooks/pre-receive')
  mkdirSync(dirname(hook), { recursive: true })
  writeFileSync(hook, `#!/bin/sh\nexec ${process.execPath} ${program} changes guard\n`)
  chmodSync(hook, 0o755)
  return place
}
