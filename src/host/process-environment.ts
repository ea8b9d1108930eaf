// The environment that another process of this user was started with: a hook's own may hold what a repository put there.

import { closeSync, constants, fstatSync, openSync, readSync, statfsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Env } from './paths.js'

/** Linux gives arguments and environment together at most 6 MiB (`execve(2)`). */
const mostBytes = 8 * 1024 * 1024

/** `f_type` of a proc file system (`statfs(2)`). */
const procMagic = 0x9fa0

/**
 * What the process `pid` was started with (`/proc/PID/environ`), where it is a process of the effective user;
 * null where that can't be read or belongs to another user.
 */
export function environmentOf(pid: string): Env | null {
  if (!/^[1-9][0-9]{0,9}$/.test(pid)) return null
  const bytes = readEnviron(`/proc/${pid}/environ`)
  return bytes === null ? null : parseEnvironment(bytes)
}

/** For a person whose environment is not known: their home by the password database, and the PATH as it is. */
export function bareEnvironment({ PATH }: Env): Env {
  return { ...(PATH === undefined ? {} : { PATH }), ...home() }
}

/** `NAME=value` entries that end with a NUL each. The first of a name counts, as for `getenv(3)`; the rest is left out. */
export function parseEnvironment(bytes: Buffer): Env {
  const found = new Map<string, string>()
  for (const entry of bytes.toString().split('\0')) {
    const at = entry.indexOf('=')
    const name = entry.slice(0, at)
    if (at > 0 && !found.has(name)) found.set(name, entry.slice(at + 1))
  }
  return Object.fromEntries(found)
}

function readEnviron(path: string): Buffer | null {
  let file: number | null = null
  try {
    if (statfsSync('/proc').type !== procMagic) return null
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const about = fstatSync(file)
    if (!about.isFile() || about.uid !== process.geteuid?.()) return null
    return readBounded(file)
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** Null where there is more than any process can have. */
function readBounded(file: number): Buffer | null {
  const parts: Buffer[] = []
  for (let length = 0; length <= mostBytes; ) {
    const part = Buffer.alloc(256 * 1024)
    const got = readSync(file, part, 0, part.length, null)
    if (got === 0) return Buffer.concat(parts)
    parts.push(part.subarray(0, got))
    length += got
  }
  return null
}

function home(): { HOME?: string } {
  try {
    return { HOME: userInfo().homedir }
  } catch {
    return {}
  }
}
