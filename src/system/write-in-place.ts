// Writing over a file where it stands: for a place in which no other file can take its name, such as a mount point.

import { closeSync, constants, fsyncSync, ftruncateSync } from 'node:fs'
import { writeAll } from './atomic-write.js'
import { AuthError } from './error.js'
import { bytesOf, openOwn } from './open-file.js'

/** Larger than any file that is written so. */
const maxBytes = 16 * 1024 * 1024

/**
 * Opens `path` for writing over it: a regular file of the effective user's under one name only, not a
 * link. Changes nothing. Throws the system's error, or one with the code `EPERM` for what is not ours.
 */
export function openInPlace(path: string): number {
  try {
    return openOwn(path, constants.O_RDWR)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw Object.assign(new Error(`${path} is not ours alone`), { code: 'EPERM' })
  }
}

/**
 * Puts `text` in the place of what stands in `path`, on the same inode, synced when it returns. A
 * process killed between two calls leaves the old text or the new one, either with blank space behind
 * it: what is longer grows by blanks first, and a shorter one is padded, then cut. Where the disk
 * refuses, the old text is put back and the system's error thrown.
 */
export function writeInPlace(path: string, text: Uint8Array): void {
  const file = openInPlace(path)
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
