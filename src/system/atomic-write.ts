// Writing a private file so that a reader or a crash meets the old bytes or the new ones, never a mixture.

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  futimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from './error.js'
import { createFile, openFolder } from './open-file.js'
import { writeFailed } from './write-failed.js'

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

/** Names nothing else: processes of two containers may have one number. */
export function freshNonce(): string {
  return randomBytes(8).toString('hex')
}

/** Where the next `path` is made, to be renamed. The engine takes away what a killed run left at such a name. */
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

/** A folder and all in it, or a file; never what a link leads to. */
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
