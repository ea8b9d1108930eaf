// Page and textfile: each is replaced whole, and what a killed run left beside it is taken away.

import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { atomicWrite, isTemporary, removeQuietly } from '../system/write-file.js'

/**
 * Replaces `path` by `text` with `mode`. The group stays that of the file before, so that a web server goes on reading it; a new
 * file gets that of a set-group-ID folder. Throws `write-failed` with the old file untouched.
 */
export function writeOutput(path: string, text: string, mode: number, nonce: string): void {
  removeLeftovers(path)
  atomicWrite(path, text, {
    nonce,
    owner: { uid: process.geteuid?.() ?? -1, gid: groupFor(path), mode },
  })
}

function groupFor(path: string): number {
  const before = lstatSync(path, { throwIfNoEntry: false })
  const folder = lstatSync(dirname(path), { throwIfNoEntry: false })
  const setGroupId = 0o2000
  if (before?.isFile()) return before.gid
  if (folder !== undefined && (folder.mode & setGroupId) !== 0) return folder.gid
  return process.getegid?.() ?? -1
}

function removeLeftovers(path: string): void {
  const folder = dirname(path)
  const isLeft = (name: string) => name.startsWith(`${basename(path)}.tmp.`) && isTemporary(name)
  try {
    for (const name of readdirSync(folder).filter(isLeft)) removeQuietly(join(folder, name))
  } catch {
    // What keeps us out of the folder, the write itself tells.
  }
}
