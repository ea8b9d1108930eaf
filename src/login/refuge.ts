// The refuge: a place outside the home for an answer that the home's own disk no longer takes.

import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  rmdirSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { atomicWrite, makePrivateFolder, removeQuietly } from '../host/atomic-write.js'
import { AuthError } from '../host/error.js'

/** The first outlives the machine's restart; what is not sealed goes to memory only. */
const grounds = ['/var/tmp', '/dev/shm']
const inMemory = ['/dev/shm']

/** Keeps `bytes` for the answer that has no place at `path`. Throws `write-failed` when nothing takes them. */
export function takeRefuge(path: string, bytes: Uint8Array, isSealed: boolean, nonce: string) {
  for (const ground of isSealed ? grounds : inMemory) {
    const place = placeIn(ground, path)
    try {
      makePrivateFolder(dirname(place))
      if (!isPrivate(dirname(place))) continue
      return atomicWrite(place, bytes, { nonce })
    } catch {
      // The next ground may take it.
    }
  }
  throw new AuthError('write-failed', `could not keep ${basename(path)} anywhere`)
}

/** What was kept for `path`; as many as there are places. */
export function inRefuge(path: string): Buffer[] {
  return grounds.flatMap(ground => {
    const place = placeIn(ground, path)
    if (!isPrivate(dirname(place))) return []
    const bytes = readOwn(place)
    return bytes === null ? [] : [bytes]
  })
}

export function leaveRefuge(path: string) {
  for (const ground of grounds) {
    const place = placeIn(ground, path)
    if (!isPrivate(dirname(place))) continue
    removeQuietly(place)
    try {
      rmdirSync(dirname(place))
    } catch {
      // Another login of this user's is in it.
    }
  }
}

/** Everybody may write in these grounds: the folder has to be this user's, and nobody else's. */
function placeIn(ground: string, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(ground, `claude-auth-${process.geteuid?.()}`, name)
}

/** A folder (no link to one) of this user's, closed to all others: what is in it is ours. */
function isPrivate(folder: string): boolean {
  const about = lstatSync(folder, { throwIfNoEntry: false })
  return (
    about?.isDirectory() === true && about.uid === process.geteuid?.() && (about.mode & 0o077) === 0
  )
}

function readOwn(path: string): Buffer | null {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : null
  } catch {
    return null
  } finally {
    closeSync(file)
  }
}
