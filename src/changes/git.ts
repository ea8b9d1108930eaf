// Runs git on one repository: without the caller's settings in the environment, without replaced objects, and with an end.

import { spawnSync } from 'node:child_process'
import type { Env } from '../system/paths.js'
import { systemPath } from '../system/start-program.js'
import { AuthError, systemCode } from '../system/trouble.js'

/** How one git ended; `code` is null where it ran into the limit, was too loud, or is not installed. */
export interface GitAnswer {
  code: number | null
  stdout: string
  why: 'ended' | 'late' | 'too-much' | 'missing'
}

export interface GitOptions {
  timeoutMs: number
  input?: string
  /** What it writes is bytes: a character each. */
  isBinary?: boolean
}

/** git on one repository. Never throws. */
export type Git = (args: readonly string[], options: GitOptions) => GitAnswer

const mostBytes = 256 * 1024 * 1024

/** What a hook gets from git to see the objects of a push that is not accepted yet (git-receive-pack(1), quarantine environment). */
const quarantine = [
  'GIT_QUARANTINE_PATH',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
] as const

/** What reaching another machine may need. */
const reaching = [
  ...['HOME', 'SSH_AUTH_SOCK', 'GIT_SSH_COMMAND', 'GIT_SSH', 'GIT_ASKPASS', 'SSH_ASKPASS'],
  ...['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'],
  ...['ALL_PROXY', 'all_proxy', 'GIT_SSL_CAINFO', 'SSL_CERT_FILE'],
] as const

/**
 * `repository`: the folder that git calls the git directory. `for: hook` sees what is being pushed; `for: fetch` may reach
 * other machines, with keys and proxies of the caller, and does not prompt.
 */
export function gitIn(repository: string, env: Env, purpose: 'hook' | 'fetch'): Git {
  const names = purpose === 'hook' ? quarantine : reaching
  const kept = names.flatMap(name => (env[name] ? [[name, env[name]] as const] : []))
  const environment = {
    ...Object.fromEntries(kept),
    PATH: systemPath,
    LC_ALL: 'C',
    GIT_DIR: repository,
    // Replaced and grafted commits would show another history.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  }
  return (args, { timeoutMs, input, isBinary = false }) => {
    const { status, stdout, error } = spawnSync('git', args, {
      cwd: repository,
      env: environment,
      ...(input === undefined ? {} : { input }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'],
      encoding: isBinary ? 'latin1' : 'utf8',
      timeout: Math.max(1, Math.ceil(timeoutMs)),
      killSignal: 'SIGKILL',
      maxBuffer: mostBytes,
    })
    return { code: error === undefined ? status : null, stdout: stdout ?? '', why: whyOf(error) }
  }
}

function whyOf(error: Error | undefined): GitAnswer['why'] {
  const code = systemCode(error)
  if (error === undefined) return 'ended'
  if (code === 'ETIMEDOUT') return 'late'
  return code === 'ENOBUFS' ? 'too-much' : 'missing'
}

/** What git wrote. Throws `internal` where it failed, or `usage` where it is not installed; `what` names the deed. */
export function gitOutput(end: GitAnswer, what: string): string {
  if (end.code === 0) return end.stdout
  if (end.why === 'missing')
    throw new AuthError('usage', 'git is not installed', { hint: 'sudo apt install git' })
  const how = { ended: `exit code ${end.code}`, late: 'it took too long', 'too-much': 'too much' }
  throw new AuthError('internal', `${what} failed (${how[end.why]})`, {
    hint: 'claude-auth doctor --only changes',
  })
}
