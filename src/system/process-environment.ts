// The environment that the client was started with, for a hook: the hook's own may hold what a repository put there.

import { userInfo } from 'node:os'
import { bytesAt, bytesOfPipe } from './open-file.js'
import type { Env } from './paths.js'

/** Linux gives arguments and environment together at most 6 MiB (`execve(2)`). */
const mostBytes = 8 * 1024 * 1024

/**
 * The environment that bin/hook.sh took from the client's process while that was there, on the open file `file`: an entry
 * a line, a line break within one as the byte 1. Null for nothing at all, or more than any process can have.
 */
export function environmentOnInput(file: number): Env | null {
  const bytes = bytesOfPipe(file, mostBytes)
  if (bytes === null || bytes.length === 0) return null
  return parseEnvironment(bytes.map(byte => (byte === 10 ? 0 : byte === 1 ? 10 : byte)))
}

/**
 * The environment that a run with these arguments goes by. With `ensure --environ-on-stdin`, as a hook has it, that is what
 * the client was started with, for a repository's settings reach the hook itself: `own` (`process.env`) is cleared but for
 * home and search path then. Where it was not to be had, no variable of the hook's counts.
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

/** For a person whose environment is not known: their home by the password database, and the PATH as it is. */
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
