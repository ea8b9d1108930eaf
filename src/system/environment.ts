// The environment a run uses: for a hook, the one the client was started with; never the places that other users could fill.

import { lstatSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { bytesAt, bytesOfPipe } from './open-file.js'
import type { Env } from './paths.js'
import { distrustOf } from './trusted-path.js'

/** Linux gives arguments and environment together at most 6 MiB (`execve(2)`). */
const mostBytes = 8 * 1024 * 1024

/**
 * The client process's environment, which bin/hook.sh passes on the open file `file`: one entry per line, line breaks inside
 * entries as byte 1. Null if empty, or larger than any environment can be.
 */
export function environmentOnInput(file: number): Env | null {
  const bytes = bytesOfPipe(file, mostBytes)
  if (bytes === null || bytes.length === 0) return null
  return parseEnvironment(bytes.map(byte => (byte === 10 ? 0 : byte === 1 ? 10 : byte)))
}

/**
 * The environment that a run with these arguments uses. A hook runs `ensure --environ-on-stdin`: a repository's settings reach
 * the hook's own environment, so the one the client was started with is used, and `own` (`process.env`) is cleared except for
 * home and search path. If that one is unavailable, none of the hook's variables count.
 */
export function environmentOfRun(argv: readonly string[], own: Record<string, string | undefined>) {
  if (argv[0] !== 'ensure' || !argv.includes('--environ-on-stdin')) return { ...own }
  const env = environmentOnInput(0) ?? bareEnvironment(own)
  for (const name of Object.keys(own)) delete own[name]
  for (const name of ['HOME', 'PATH']) if (env[name] !== undefined) own[name] = env[name]
  return env
}

/** The environment at the start of this process, before it removed anything; empty without /proc. */
export function ownFirstEnvironment(): Env {
  return parseEnvironment(bytesAt('/proc/self/environ', { maxBytes: mostBytes }) ?? Buffer.alloc(0))
}

/** A minimal environment: the home from the password database, and PATH as it is. */
export function bareEnvironment({ PATH }: Env): Env {
  return { ...(PATH === undefined ? {} : { PATH }), ...home() }
}

/** `NAME=value` entries that end with a NUL each. The first of a name counts, as for `getenv(3)`; the rest is left out. */
export function parseEnvironment(bytes: Uint8Array): Env {
  const found = new Map<string, string>()
  for (const entry of Buffer.from(bytes).toString().split('\0')) {
    const at = entry.indexOf('=')
    const name = entry.slice(0, at)
    if (at > 0 && !found.has(name)) found.set(name, entry.slice(at + 1))
  }
  return Object.fromEntries(found)
}

function home(): { HOME?: string } {
  try {
    return { HOME: userInfo().homedir }
  } catch {
    return {}
  }
}

/**
 * Variables that say where programs keep their files. Those of the login (`HOME`, `CLAUDE_CONFIG_DIR`,
 * `CLAUDE_SECURESTORAGE_CONFIG_DIR`, `CLAUDE_AUTH_CONFIG`) are not among them: without them it would be another login, so where
 * they are not trusted nothing is done.
 */
const places = [
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'ANTHROPIC_CONFIG_DIR',
  'CLAUDE_CODE_TMPDIR',
  'ZDOTDIR',
  'TMPDIR',
  'TMP',
  'TEMP',
]
/** A shared folder is fine for these: files made there have unpredictable names and an owner. */
const forScratch = ['CLAUDE_CODE_TMPDIR', 'TMPDIR', 'TMP', 'TEMP']

/** `env` without the variables that name a place where others than `uid` and root could put something. Reads nothing there. */
export function withoutStrangePlaces(env: Env, uid: number): Env {
  const strange = strangePlaces(env, uid)
  if (strange.length === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !strange.includes(name)))
}

/** The variables that `withoutStrangePlaces` leaves out. */
export function strangePlaces(env: Env, uid: number): string[] {
  return places.filter(name => {
    const path = env[name]
    if (path === undefined || path === '') return false
    return !(forScratch.includes(name) ? isForScratch(path, uid) : isTrusted(path, uid))
  })
}

/** Variables that name programs and certificate authorities for git and ssh, some as shell command lines. */
const ofGit = [
  'GIT_SSH_COMMAND',
  'GIT_SSH',
  'GIT_ASKPASS',
  'SSH_ASKPASS',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
]

/**
 * `env` for git and ssh, whose configuration in the home names programs. If `HOME` belongs to another user or others can write
 * there, it becomes `ownHome` (from the password database), and the variables that came with it are dropped. So is each
 * variable that leads to such a place.
 */
export function withOwnHome(env: Env, uid: number, ownHome: string = home().HOME ?? '/'): Env {
  const isOwn = env['HOME'] !== undefined && isOwnFolder(env['HOME'], uid)
  const strange = ofGit.filter(name => !isOwn || !leadsNowhereStrange(env[name] ?? '', uid))
  const kept = Object.entries(env).filter(([name]) => !strange.includes(name))
  return { ...Object.fromEntries(kept), ...(isOwn ? {} : { HOME: ownHome }) }
}

/** `/` and folders like it are root's alone. */
function isOwnFolder(path: string, uid: number): boolean {
  if (!isTrusted(path, uid)) return false
  const owner = statSync(path, { throwIfNoEntry: false })?.uid ?? uid
  return owner === uid || owner === 0
}

/** Programs without a folder come from the system's. */
function leadsNowhereStrange(line: string, uid: number): boolean {
  const paths = line.match(/(?<![^\s'"=])[^\s'"=]*\/[^\s'"]*/g) ?? []
  return paths.every(path => path.startsWith('~/') || isTrusted(path, uid))
}

/** A relative path depends on the current folder. */
function isTrusted(path: string, uid: number): boolean {
  return path.startsWith('/') && distrustOf(path, uid) === null
}

function isForScratch(path: string, uid: number): boolean {
  return isTrusted(path, uid) || (isForAll(path) && isTrusted(dirname(path), uid))
}

/** `/tmp` and its like. */
function isForAll(path: string): boolean {
  try {
    const { mode, uid } = lstatSync(path)
    return uid === 0 && (mode & 0o041000) === 0o041000
  } catch {
    return false
  }
}
