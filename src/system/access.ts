// Access: may this process read a path, or start it without a shell, and why not? What exists and can’t be read never counts as
// missing.

import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { startAt, textAt } from './open-file.js'
import { chownCommand, foreignAbove, rightsCodes } from './owner.js'
import { AuthError, quoted, systemCode } from './trouble.js'
import { descriptorCodes } from './write-file.js'

/** Links are followed; false for what is not there. Never throws. */
export function canRun(path: string): boolean {
  return can(path, constants.X_OK)
}

/** As `canRun`, for reading. */
export function canRead(path: string): boolean {
  return can(path, constants.R_OK)
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** Why a path can't be read. `what` reads as a clause after the path (`belongs to root`); `hint` is the command that helps. */
export interface Closed {
  /** The file itself, or the folder above it that is in the way. */
  path: string
  what: string
  hint: string
}

/** Codes that mean that no file is there. */
const placeCodes = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ENAMETOOLONG', 'EINVAL']

/** Why `path` could not be opened or read by the user `uid`; null where the error is about what stands there. */
export function closedBy(path: string, uid: number, error: unknown): Closed | null {
  // Errors of our own are about what is there, and have their own message.
  const code = error instanceof AuthError ? null : systemCode(error)
  if (code === null || placeCodes.includes(code)) return null
  if (rightsCodes.includes(code)) return byRights(path, uid)
  const hint = descriptorCodes.includes(code) ? 'ulimit -n' : `findmnt -T ${quoted(path)}`
  return { path, what: `can't be read (${code})`, hint }
}

/** A file that belongs to `owner` instead of `uid`. `isWhole`: a folder with everything in it. */
export function foreign(path: string, owner: number, uid: number, isWhole = false): Closed {
  return {
    path,
    what: `belongs to ${nameOf(owner) ?? `user ${owner}`}`,
    hint: chownCommand(path, { user: nameOf(uid) ?? String(uid), isWhole }),
  }
}

/** The error of the code `login-closed` for it; `name` stands for the path in the sentence. */
export function closedError({ path, what, hint }: Closed, name = path): AuthError {
  return new AuthError('login-closed', `${name} ${what}`, { hint })
}

function byRights(path: string, uid: number): Closed {
  const above = foreignAbove(path, uid)
  const place = above ?? path
  const about = statOf(place)
  if (about !== null && about.uid !== uid)
    return foreign(place, about.uid, uid, about.isDirectory())
  return { path: place, what: 'is closed to you', hint: `chmod u+rw ${quoted(place)}` }
}

/** Stats of `path` itself, links not followed; null if nothing is there or it can't be reached. Never throws. */
export function statOf(path: string): Stats | null {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}

/**
 * `error`, or `login-closed` with owner and command where it says only that the rights to read `path` are missing
 * (`not-private` with the system's code).
 */
export function namingOwner(path: string, uid: number, error: unknown): unknown {
  const code = error instanceof AuthError ? systemCode(error.cause) : null
  const closed = code === null ? null : closedBy(path, uid, { code })
  return closed === null ? error : closedError(closed)
}

/** As /etc/passwd has it; null where it has none (a directory service, a container). */
function nameOf(uid: number): string | null {
  if (uid === 0) return 'root'
  try {
    if (uid === process.geteuid?.()) return userInfo().username
    const lines = (textAt('/etc/passwd', { maxBytes: 16 * 1024 * 1024 }) ?? '').split('\n')
    const found = lines.map(line => line.split(':')).find(fields => fields[2] === String(uid))
    return found?.[0] ?? null
  } catch {
    return null
  }
}

/** How much of the first line Linux reads (`BINPRM_BUF_SIZE`). */
const firstLineBytes = 256
const binaryMark = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
/** `e_machine` and all before it of an ELF header; a shorter file is a piece of one. */
const binaryBytes = 64

/** Null where `path` (absolute) can be started; else why not, to be read after the path. Links are followed. Never throws. */
export function whyNotRunnable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'is not a regular file'
    accessSync(path, constants.X_OK)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return 'is not there'
    return code === 'EACCES'
      ? 'may not be executed'
      : `cannot be examined (${code ?? 'unknown error'})`
  }
  const start = startAt(path, firstLineBytes)
  // A binary may be closed to those who may start it.
  return start === null ? null : whyNoProgram(start)
}

function whyNoProgram(start: Buffer): string | null {
  if (start.length === 0) return 'is empty'
  if (start.subarray(0, 4).equals(binaryMark))
    return start.length < binaryBytes ? 'is not a whole program' : null
  const text = start.toString('latin1')
  if (text.startsWith('\u00ef\u00bb\u00bf')) return 'begins with a byte order mark, not with #!'
  if (!text.startsWith('#!')) return 'is neither a binary nor begins with #! and an interpreter'
  const [line = ''] = text.split('\n')
  if (line.endsWith('\r')) return 'ends its first line with a carriage return'
  const interpreter = /^#![ \t]*([^ \t]*)/.exec(line)?.[1] ?? ''
  if (interpreter === '') return 'names no interpreter behind #!'
  return canStart(interpreter)
    ? null
    : `names an interpreter that cannot be started: ${interpreter}`
}

function canStart(interpreter: string): boolean {
  try {
    accessSync(interpreter, constants.X_OK)
    return statSync(interpreter).isFile()
  } catch {
    return false
  }
}
