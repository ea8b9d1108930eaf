// Who else may read or write a path: the owner and mode rules for secrets, config files and their folders.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { AuthError, systemCode } from './error.js'
import { quoted } from './quoted.js'

const secretMaxBytes = 64 * 1024

/** The owner and mode bits that the rules judge; any `Stats` will do. */
export interface OwnerAndMode {
  uid: number | bigint
  mode: number | bigint
}

/** `uid` is the effective user. */
export interface PrivateRules {
  uid: number
  /** Accept a file of root's that a group may read (`root:claude-auth 0640`, a systemd credential 0440). */
  rootMayShare?: boolean
}

/**
 * Null when only `uid` or root may write; else why not, to be read after the path
 * (`belongs to user 1001`, `is writable by others`). OpenSSH's `safe_path` judges so.
 */
export function othersMayWrite(stat: OwnerAndMode, uid: number): string | null {
  if (Number(stat.uid) !== uid && Number(stat.uid) !== 0) return `belongs to user ${stat.uid}`
  return (Number(stat.mode) & 0o022) !== 0 ? 'is writable by others' : null
}

/** Null when only `uid` (or root, for its own file) may read; else why not, to be read after the path. */
export function othersMayRead(stat: OwnerAndMode, rules: PrivateRules): string | null {
  const owner = Number(stat.uid)
  if (owner !== rules.uid && owner !== 0) return `belongs to user ${stat.uid}`
  const forbidden = owner === 0 && rules.rootMayShare ? 0o037 : 0o077
  return (Number(stat.mode) & forbidden) !== 0 ? 'is readable by others' : null
}

/**
 * The file's stat when it is a regular file that only `uid` may read, or null when there is none.
 * @throws AuthError `secret-readable-by-others` with the command to type as its hint
 */
export function checkPrivateFile(path: string, rules: PrivateRules): BigIntStats | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat) judgeSecret(path, stat, rules)
  return stat ?? null
}

/** The text of a secret file; see `readPrivateBytes`. */
export function readPrivateFile(path: string, rules: PrivateRules): string | null {
  return readPrivateBytes(path, rules)?.toString() ?? null
}

/**
 * The bytes of a secret file, or null when there is none. Judged on the descriptor that is read, so
 * what was checked is what is used.
 * @throws AuthError `secret-readable-by-others`; `not-private` when it cannot be read
 */
export function readPrivateBytes(path: string, rules: PrivateRules): Buffer | null {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw new AuthError('not-private', `${path} cannot be read (${systemCode(error)})`, {
      hint: `ls -l ${path}`,
      cause: error,
    })
  }
  try {
    judgeSecret(path, fstatSync(fd, { bigint: true }), rules)
    const bytes = Buffer.alloc(secretMaxBytes + 1)
    let length = 0
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(fd, bytes, length, bytes.length - length, null)
    if (length > secretMaxBytes) throw notASecret(path, 'is larger than 64 KiB')
    return bytes.subarray(0, length)
  } finally {
    closeSync(fd)
  }
}

/**
 * The nearest folder above `path`, up to `home` or the root, in which someone else could replace
 * `path`, and why; null when there is none. Symlinks are resolved first (OpenSSH `safe_path`).
 */
export function unsafeParent(
  path: string,
  rules: { uid: number; home?: string },
): { folder: string; why: string } | null {
  const home = rules.home === undefined ? null : realpathSync(rules.home)
  let folder = dirname(realpathSync(path))
  for (;;) {
    const why = othersMayWrite(statSync(folder), rules.uid)
    if (why) return { folder, why }
    if (folder === home || folder === dirname(folder)) return null
    folder = dirname(folder)
  }
}

/** @throws AuthError `not-private` for the first folder that `unsafeParent` names */
export function checkParents(path: string, rules: { uid: number; home?: string }): void {
  const unsafe = unsafeParent(path, rules)
  if (!unsafe) return
  throw new AuthError('not-private', `${unsafe.folder}, above ${path}, ${unsafe.why}`, {
    hint: closing(unsafe.folder, statSync(unsafe.folder), rules.uid),
  })
}

/**
 * The command after which nobody but `uid` and root may write to `path`. What is root's takes sudo; a folder
 * for everybody (`/tmp`) has to stay one.
 */
export function closing(path: string, stat: OwnerAndMode, uid: number): string {
  const owner = Number(stat.uid)
  const isForAll = (Number(stat.mode) & 0o1002) === 0o1002
  if ((owner !== uid && owner !== 0) || isForAll) return `ls -ld ${quoted(path)}`
  return `${owner === uid ? '' : 'sudo '}chmod go-w ${quoted(path)}`
}

/** The command after which a secret may be read by whom it is for. */
function hiding(path: string, stat: OwnerAndMode, { uid, rootMayShare }: PrivateRules): string {
  const owner = Number(stat.uid)
  if (owner === uid) return `chmod 600 ${quoted(path)}`
  if (owner !== 0) return `ls -ld ${quoted(path)}`
  return rootMayShare
    ? `sudo chmod g-wx,o= ${quoted(path)}`
    : `sudo chown ${uid} ${quoted(path)} && sudo chmod 600 ${quoted(path)}`
}

function judgeSecret(path: string, stat: BigIntStats, rules: PrivateRules): void {
  if (!stat.isFile()) throw notASecret(path, 'is not a regular file')
  const why = othersMayRead(stat, rules)
  if (why)
    throw new AuthError('secret-readable-by-others', `${path} ${why}`, {
      hint: hiding(path, stat, rules),
    })
}

function notASecret(path: string, why: string): AuthError {
  return new AuthError('not-private', `${path} ${why}`, { hint: `ls -l ${path}` })
}
