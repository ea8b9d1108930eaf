// The fallback for an answer that the home's disk refuses: a folder outside the home.

import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, opendirSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ownBytes } from '../system/open-file.js'
import { AuthError } from '../system/trouble.js'
import { distrustOf } from '../system/trusted-path.js'
import { atomicWrite, removeQuietly } from '../system/write-file.js'

/** A folder where a fallback may be made; what is not sealed goes to memory only. */
interface Ground {
  path: string
  isMemory: boolean
}

/** The user's own first, which no other user can fill up; `/var/tmp` survives a reboot. */
export function fallbackFolders(uid: number): Ground[] {
  return [
    { path: `/run/user/${uid}`, isMemory: true },
    { path: '/var/tmp', isMemory: false },
    { path: '/dev/shm', isMemory: true },
    { path: '/tmp', isMemory: false },
  ]
}

/** Larger than any reply that is taken. */
export const answerMaxBytes = 16 * 1024 * 1024

const prefix = 'claude-auth-'
/** Any user can fill the folder with names, so without a sign of a fallback only this many are read. */
const mostUnexpected = 10_000
/** The name that an earlier version used, without a random suffix. */
const fixedName = (uid: number) => `${prefix}${uid}`

/**
 * Keeps `bytes` for the answer that has no place at `path`, in a folder with an unpredictable name.
 * Throws `write-failed` when nothing takes them.
 */
export function writeFallbackAnswer(
  path: string,
  bytes: Uint8Array,
  isSealed: boolean,
  nonce: string,
  grounds = fallbackFolders(ownUid()),
) {
  // Sealed, it is best where a restart of the machine leaves it.
  const inOrder = isSealed
    ? [...grounds.filter(each => !each.isMemory), ...grounds.filter(each => each.isMemory)]
    : grounds.filter(each => each.isMemory)
  for (const ground of inOrder) {
    let folder: string | null = null
    try {
      if (distrustOf(join(ground.path, prefix), ownUid()) !== null && !isForAll(ground.path))
        continue
      folder = mkdtempSync(join(ground.path, prefix))
      if (!isPrivate(folder)) continue
      return atomicWrite(join(folder, nameOf(path)), bytes, { nonce })
    } catch {
      if (folder !== null) removeEmpty(folder)
      // The next folder may take it.
    }
  }
  throw new AuthError('write-failed', `could not keep ${basename(path)} anywhere`)
}

/** Where to search. `isExpected`: a header stands without its answer, so a fallback may hold it. */
export interface Search {
  isExpected: boolean
  grounds?: Ground[]
  mostNames?: number
}

/** All fallback answers for `path`. */
export function fallbackAnswers(path: string, search: Search): Buffer[] {
  return ownFolders(search).flatMap(folder => {
    const bytes = readOwn(join(folder, nameOf(path)))
    return bytes === null ? [] : [bytes]
  })
}

export function removeFallbackAnswers(path: string, search: Search) {
  for (const folder of ownFolders(search)) {
    const place = join(folder, nameOf(path))
    if (readOwn(place) === null) continue
    removeQuietly(place)
    // Another login of this user's may be in it.
    removeEmpty(folder)
  }
}

/** This user's folders there, by owner: others can add names, but not folders that this user owns. */
function ownFolders({
  isExpected,
  grounds = fallbackFolders(ownUid()),
  mostNames = mostUnexpected,
}: Search): string[] {
  return grounds.flatMap(({ path }) =>
    namesIn(path, isExpected ? Infinity : mostNames)
      .filter(name => name === fixedName(ownUid()) || /^claude-auth-[A-Za-z0-9]{6}$/.test(name))
      .map(name => join(path, name))
      .filter(isPrivate),
  )
}

function namesIn(folder: string, most: number): string[] {
  const names: string[] = []
  try {
    const list = opendirSync(folder, { bufferSize: 1024 })
    try {
      for (let read = 0; read < most; read += 1) {
        const entry = list.readSync()
        if (entry === null) break
        if (entry.name.startsWith(prefix)) names.push(entry.name)
      }
    } finally {
      list.closeSync()
    }
  } catch {
    // Missing, or closed to us.
  }
  return names
}

function nameOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

function ownUid(): number {
  return process.geteuid?.() ?? -1
}

/** `/tmp` and its like: root's and sticky, so what this user makes there stays this user's. */
function isForAll(folder: string): boolean {
  const about = lstatSync(folder, { throwIfNoEntry: false })
  return about?.isDirectory() === true && about.uid === 0 && (about.mode & 0o1000) !== 0
}

/** A folder (no link to one) of this user's, closed to all others: what is in it is ours. */
function isPrivate(folder: string): boolean {
  const about = lstatSync(folder, { throwIfNoEntry: false })
  return about?.isDirectory() === true && about.uid === ownUid() && (about.mode & 0o077) === 0
}

function removeEmpty(folder: string) {
  try {
    rmdirSync(folder)
  } catch {
    // Something else is in it.
  }
}

function readOwn(path: string): Buffer | null {
  try {
    return ownBytes(path, answerMaxBytes)
  } catch {
    return null
  }
}
