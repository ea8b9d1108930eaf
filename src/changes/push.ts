// A push as a hook of git gets it: what is to change on stdin, who pushes and with which options in the environment.

import type { Env } from '../system/paths.js'

/** One line of stdin: `ref` goes from commit `old` to `now`. Null: it is not there, before or after. */
export interface RefUpdate {
  ref: string
  old: string | null
  now: string | null
}

/** The lines of a pre-receive or post-receive hook (githooks(5)); what is no such line is left out. */
export function readUpdates(text: string): RefUpdate[] {
  return text.split('\n').flatMap(line => {
    const [, old = '', now = '', ref = ''] =
      /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (\S.*)$/.exec(line) ?? []
    return ref === '' ? [] : [{ ref, old: commitOf(old), now: commitOf(now) }]
  })
}

function commitOf(id: string): string | null {
  return /^0+$/.test(id) ? null : id
}

/** All options of `git push -o`, however many (githooks(5)). */
export function pushOptions(env: Env): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /^GIT_PUSH_OPTION_\d+$/.test(name) && value !== undefined ? [value] : [],
  )
}

/** Who pushes, and who says so: a server in front of git, or the operating system. */
export interface Pusher {
  /** Null: not known. */
  name: string | null
  by: 'server' | 'system'
  /** The user that the hook runs as. */
  systemUser: string
}

/** In the order in which they count: gitolite, Gitea and Forgejo, GitLab, git over HTTP. */
const serverNames = ['GL_USER', 'GITEA_PUSHER_NAME', 'GL_USERNAME', 'REMOTE_USER'] as const

/**
 * `variable`: the one that the configuration names; then no other counts, and without it the pusher is unknown. An author or
 * committer never counts: anybody can write any name there.
 */
export function pusherOf(env: Env, variable: string | null, systemUser: string): Pusher {
  if (isDeployKey(env) && (variable === null || variable === 'GITEA_PUSHER_NAME'))
    return { name: null, by: 'server', systemUser }
  if (variable !== null) return { name: env[variable] || null, by: 'server', systemUser }
  const name = serverNames.map(each => env[each]).find(Boolean)
  if (name !== undefined) return { name, by: 'server', systemUser }
  return { name: systemUser, by: 'system', systemUser }
}

/** A key of the repository, which Gitea and Forgejo call by the name of the owner (cmd/serv.go, modules/repository/env.go). */
export function isDeployKey(env: Env): boolean {
  return Number(env['GITEA_DEPLOY_KEY_ID'] ?? 0) !== 0
}
