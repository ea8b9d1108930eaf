// Our record of the client's locks that we take, so that the run after a crash recognizes them.

import { closeSync, constants, writeSync } from 'node:fs'
import { join } from 'node:path'
import { number, object, oneOf, orNull, text, word } from '../system/decode.js'
import { jsonObject } from '../system/json.js'
import { openOwn, ownBytes } from '../system/open-file.js'
import { removeQuietly } from '../system/write-file.js'
import { isGone, type ProcessFacts } from './lock-owner.js'

/** One lock. It is noted before it is made (`birthtimeMs` null) and again once it is there. */
export interface LockNote {
  path: string
  atMs: number
  birthtimeMs: number | null
  /** The process that made it. */
  by: ProcessFacts
}

/** A lock noted but never confirmed is ours only if it was born within this time of the note; a busy machine is slow. */
const madeWithinMs = 500
/** File times come from the kernel's tick, which is behind the clock by up to 10 ms. */
const tickMs = 20
/** The longest a lock is held, and the stale age of the client's after that. */
const longestHeldMs = 10 * 60_000
/** More than any run of ours writes. */
const mostBytes = 256 * 1024

/** Notes a lock. */
export function noteLock(state: string, note: LockNote) {
  append(state, note)
}

/** The lock at `path` is not ours: released, or another process was first. */
export function forgetLock(state: string, path: string, self: ProcessFacts) {
  forget(state, self, note => note.path === path)
}

/** None of our own, nor of processes that are gone, is left here; what others hold stays noted. */
export function forgetLocks(state: string, self: ProcessFacts) {
  forget(state, self, () => true)
}

function forget(state: string, self: ProcessFacts, isMeant: (note: LockNote) => boolean) {
  const notes = notedLocks(state)
  const gone = notes.filter(note => isMeant(note) && isGone(note.by, self))
  const isKept = (note: LockNote) => !gone.includes(note) && !isForgotten(note, self)
  if (!notes.some(isKept)) return removeQuietly(recordPath(state))
  for (const { path, by } of gone) append(state, { path, by, forgotten: true })
}

/** A holder elsewhere that noted it so long ago has let go of it, or it is stale by now. */
function isForgotten({ atMs, by }: LockNote, self: ProcessFacts): boolean {
  return !isGone(by, self) && Math.abs(Date.now() - atMs) > longestHeldMs
}

/**
 * Is the lock at `path`, born at `birthtimeMs`, one that our earlier run left behind? Only where its
 * noted holder is gone here: whether the gate keeps another host out depends on the file system (flock(2)).
 */
export function wasOurLock(
  state: string,
  path: string,
  birthtimeMs: number,
  self: ProcessFacts,
): boolean {
  // A file system without birth times (NFS) can't tell two locks apart.
  if (birthtimeMs <= 0) return false
  return notedLocks(state).some(note => {
    if (note.path !== path || !isGone(note.by, self)) return false
    if (note.birthtimeMs !== null) return note.birthtimeMs === birthtimeMs
    return birthtimeMs >= note.atMs - tickMs && birthtimeMs <= note.atMs + madeWithinMs
  })
}

/** Is a process that may still be alive at work on this login, beside this one? */
export function othersAtWork(state: string, self: ProcessFacts): boolean {
  return notedLocks(state).some(note => !isGone(note.by, self) && !isForgotten(note, self))
}

const lock = {
  path: text,
  by: object({ pid: number, procStart: word, pidDomain: word, pidSpace: word, bootId: word }),
}
const noted = object({ ...lock, atMs: number, birthtimeMs: orNull(number) })
const forgotten = object({ ...lock, forgotten: oneOf(true) })

/** What was noted and not forgotten since, each lock of each holder once. */
export function notedLocks(state: string): LockNote[] {
  const notes = new Map<string, LockNote>()
  const keyOf = ({ path, by }: Pick<LockNote, 'path' | 'by'>) => JSON.stringify([path, by])
  for (const line of linesOf(recordPath(state))) {
    const found = jsonObject(line)
    const gone = forgotten(found)
    const note = gone ? undefined : noted(found)
    if (gone) notes.delete(keyOf(gone))
    if (note) notes.set(keyOf(note), note)
  }
  return [...notes.values()]
}

function linesOf(path: string): string[] {
  try {
    return ownBytes(path, mostBytes)?.toString().split('\n') ?? []
  } catch {
    return []
  }
}

/**
 * One write, on a line of its own even after a torn line; replacing the file would have ext4
 * write it out each time. On a full disk the note is missing, and a crash then costs others a wait; the
 * login must still be saved.
 */
function append(state: string, line: object) {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants
  try {
    const file = openOwn(recordPath(state), O_WRONLY | O_APPEND | O_CREAT)
    try {
      writeSync(file, `\n${JSON.stringify(line)}\n`)
    } finally {
      closeSync(file)
    }
  } catch {
    removeQuietly(recordPath(state))
  }
}

function recordPath(state: string): string {
  return join(state, 'locks.jsonl')
}
