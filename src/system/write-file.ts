// Writing private files: a reader or a crash finds the old bytes or the new ones, even in place where nothing can be renamed;
// and the error when it fails.

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { bytesOf, createFile, openFolder, openOfUser, openOwn, startOf } from './open-file.js'
import { ownerOf, rightsHint } from './owner.js'
import { AuthError, quoted, systemCode } from './trouble.js'

export interface AtomicWriteOptions {
  /** Random part of the temporary file's name. */
  nonce: string
  /** Name before the nonce; the client's own is `.credentials.json.tmp.`. */
  tempPrefix?: string
  /** Whose the new file is, and its mode, where that is not the caller and 0600. */
  owner?: { uid: number; gid: number; mode: number }
  /** Modification time to leave on the file, in whole seconds of the epoch. */
  mtimeSeconds?: number
  /** False for notes that need not outlive the machine: whole for every reader, but not synced. */
  durable?: boolean
}

/**
 * Replaces `path` by a new file holding `data`, of mode 0600 unless `owner` says otherwise, durable when
 * it returns: temporary file beside it (`O_EXCL`, so no planted link is followed), fsync, rename, fsync
 * of the folder.
 * Throws `write-failed` with the old file untouched.
 */
export function atomicWrite(path: string, data: string | Uint8Array, options: AtomicWriteOptions) {
  const { nonce, tempPrefix } = options
  const temporary = tempPrefix === undefined ? temporaryPath(path, nonce) : `${tempPrefix}${nonce}`
  try {
    writeNew(temporary, data, options)
    renameSync(temporary, path)
  } catch (error) {
    // What was there before belongs to another write, which will rename it.
    if (systemCode(error) !== 'EEXIST') removeQuietly(temporary)
    throw writeFailed(path, error)
  }
  if (options.durable !== false) syncFolder(dirname(path))
}

/**
 * Makes `path` a symbolic link to `target` in one step: the link is made as `temporary` and renamed over what stands there.
 * Not synced. Throws the system's error, with nothing left at `temporary`.
 */
export function replaceLink(target: string, path: string, temporary: string): void {
  symlinkSync(target, temporary)
  try {
    renameSync(temporary, path)
  } catch (error) {
    removeQuietly(temporary)
    throw error
  }
}

/** Names nothing else: processes of two containers may have one number. */
export function freshNonce(): string {
  return randomBytes(8).toString('hex')
}

/** Where the next `path` is made, to be renamed. The engine removes what a killed run left under such a name. */
export function temporaryPath(path: string, nonce: string): string {
  return `${path}.tmp.${nonce}`
}

/** Is this the name of a file or folder that was made to be renamed? */
export function isTemporary(name: string): boolean {
  return /\.tmp\.[0-9a-f]{8,16}$/.test(name)
}

/** Creates `path` (it must not exist) with its mode regardless of the umask, and syncs its bytes to disk. */
function writeNew(path: string, data: string | Uint8Array, options: AtomicWriteOptions) {
  const { mtimeSeconds } = options
  const file = createFile(path)
  try {
    fchmodSync(file, 0o600)
    writeAll(file, data)
    if (options.owner) {
      fchownSync(file, options.owner.uid, options.owner.gid)
      fchmodSync(file, options.owner.mode)
    }
    if (mtimeSeconds !== undefined) futimesSync(file, mtimeSeconds, mtimeSeconds)
    if (options.durable !== false) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Writes every byte, from `position` on when given: one `write(2)` may take only a part. */
export function writeAll(file: number, data: string | Uint8Array, position: number | null = null) {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  let done = 0
  while (done < bytes.length) {
    const at = position === null ? null : position + done
    done += writeSync(file, bytes, done, bytes.length - done, at)
  }
}

/** Makes a rename or unlink in `folder` durable; file systems that can't sync a folder are left alone. */
export function syncFolder(folder: string) {
  const handle = openFolder(folder)
  try {
    fsyncSync(handle)
  } catch (error) {
    if (systemCode(error) !== 'EINVAL') throw error
  } finally {
    closeSync(handle)
  }
}

/**
 * Makes `folder`, 0700 from the first moment. Missing parents may be shared (`~/.local`): they get 0755, or
 * stricter where the umask is. Throws `write-failed`.
 */
export function makePrivateFolder(folder: string) {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFailed(folder, error, `could not make ${folder}`)
  }
}

/** Removes a file, or a folder with its content; never follows a link. */
export function removeAllQuietly(path: string) {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Not ours to remove.
  }
}

export function removeQuietly(path: string) {
  try {
    unlinkSync(path)
  } catch {
    // It was never made, or is already gone.
  }
}

/** Larger than any file that is written so. */
const maxBytes = 16 * 1024 * 1024

export interface InPlaceRules {
  /** May the file have other names? The user who gave it one sees what is written. */
  names?: 'one' | 'any'
}

/**
 * Opens `path` for writing over it: a regular file of the effective user's under one name only (unless `names` says
 * otherwise), not a link. Changes nothing. Throws the system's error, or one with the code `EPERM` for what is not ours.
 */
export function openInPlace(path: string, { names = 'one' }: InPlaceRules = {}): number {
  try {
    return names === 'one' ? openOwn(path, constants.O_RDWR) : openOfUser(path, constants.O_RDWR)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw Object.assign(new Error(`${path} is not ours alone`), { code: 'EPERM' })
  }
}

/**
 * Puts `text` in place of what stands in `path`, on the same inode, synced when it returns. A
 * process killed between two calls leaves the old text or the new one, either with blank space behind
 * it: what is longer grows by blanks first, and a shorter one is padded, then cut. Where the disk
 * refuses, the old text is put back and the system's error thrown.
 */
export function writeInPlace(path: string, text: Uint8Array, rules: InPlaceRules = {}): void {
  const file = openInPlace(path, rules)
  try {
    const before = bytesOf(file, maxBytes)
    if (before === null) throw Object.assign(new Error(`${path} is too large`), { code: 'EFBIG' })
    const length = Math.max(before.length, text.length)
    const padded = Buffer.alloc(length, '\n')
    padded.set(text)
    try {
      writeAll(file, Buffer.alloc(length - before.length, '\n'), before.length)
      writeAll(file, padded, 0)
    } catch (error) {
      putBack(file, before)
      throw error
    }
    ftruncateSync(file, text.length)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function putBack(file: number, before: Buffer): void {
  try {
    writeAll(file, before, 0)
    ftruncateSync(file, before.length)
  } catch {
    // The first error tells what is wrong.
  }
}

/**
 * Appends one line, synced to disk, to a file of ours that only we may read, and makes the file. The torn last line of a crash
 * is closed first. Throws `write-failed` or `not-private`.
 */
export function appendLine(path: string, line: string): void {
  let file: number | null = null
  try {
    file = openOwn(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT)
    const { size } = fstatSync(file)
    const isTorn = size > 0 && startOf(file, 1, size - 1)[0] !== 0x0a
    writeAll(file, `${isTorn ? '\n' : ''}${line}\n`)
    fsyncSync(file)
  } catch (error) {
    if (error instanceof AuthError || systemCode(error) === null) throw error
    throw writeFailed(path, error)
  } finally {
    if (file !== null) closeSync(file)
  }
}

const placeCodes = ['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ELOOP']
/** The mount, or the device below it, refuses. */
const mountCodes = ['EROFS', 'EBUSY', 'EXDEV', 'EIO', 'ESTALE', 'ENODEV', 'ENXIO']

/** `what` says what could not be done to `path`: `could not write /home/a/f`. */
export function writeFailed(path: string, error: unknown, what = `could not write ${path}`) {
  const code = systemCode(error)
  const hint = hintFor(path, code ?? '')
  return new AuthError('write-failed', `${what} (${code})`, hint === null ? {} : { hint })
}

/** No descriptor left: of this process, or of the machine. */
export const descriptorCodes = ['EMFILE', 'ENFILE']

/** Are the inodes used up, or the blocks? */
function roomHint(folder: string): string {
  const at = quoted(existing(folder))
  try {
    const { files, ffree } = statfsSync(existing(folder))
    return files > 0 && ffree === 0 ? `df -i ${at}` : `df -h ${at}`
  } catch {
    return `df -h ${at}`
  }
}

/** The nearest of `path` and the folders above it that is there: no tool can say anything about another. */
function existing(path: string): string {
  for (let each = path; ; each = dirname(each)) {
    if (each === dirname(each) || ownerOf(each) !== null) return each
  }
}

function hintFor(path: string, code: string): string | null {
  const command = rightsHint(path, code)
  if (command !== null) return command
  if (descriptorCodes.includes(code)) return 'ulimit -n'
  if (mountCodes.includes(code)) return `findmnt -T ${quoted(existing(path))}`
  if (code === 'ENOSPC') return roomHint(dirname(path))
  // The disk has room for others.
  if (code === 'EDQUOT') return 'quota -s'
  // The owner has every permission, so it is immutable or append-only, which `ls` doesn't show.
  if (code === 'EPERM') return `lsattr -d ${quoted(dirname(path))} ${quoted(path)}`
  const isPlace = [...placeCodes, 'EACCES'].includes(code)
  if (!isPlace) return null
  const there = new Set([dirname(path), path].map(existing))
  return `ls -ld ${[...there].map(quoted).join(' ')}`
}
