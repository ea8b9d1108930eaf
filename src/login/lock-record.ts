// Our note of the client's locks that we make, so that the run after a crash of ours knows them as ours.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atomicWrite, removeQuietly } from '../host/atomic-write.js'

/** One lock. It is noted before it is made (`birthtimeMs` null) and again once it is there. */
export interface LockNote {
  path: string
  atMs: number
  birthtimeMs: number | null
}

/** A lock noted but never confirmed is ours only if it was born within this time of the note; a busy machine is slow. */
const madeWithinMs = 500
/** File times come from the kernel's tick, which is behind the clock by up to 10 ms. */
const tickMs = 20

/** Notes a lock; the caller holds the gate, so nobody else writes here. */
export function noteLock(state: string, note: LockNote, nonce: string) {
  const others = notedLocks(state).filter(other => other.path !== note.path)
  write(state, [...others, note], nonce)
}

/** On a full disk the note is missing, and a crash then costs others a wait; the login must still be saved. */
function write(state: string, notes: LockNote[], nonce: string) {
  try {
    atomicWrite(recordPath(state), JSON.stringify(notes), { nonce, durable: false })
  } catch {
    removeQuietly(recordPath(state))
  }
}

/**
 * Is the lock at `path`, born at `birthtimeMs`, one that an earlier run of ours left behind? Only for
 * a holder of the gate: whoever noted it is dead then.
 */
export function wasOurLock(state: string, path: string, birthtimeMs: number): boolean {
  const note = notedLocks(state).find(other => other.path === path)
  if (!note) return false
  // A file system without birth times (NFS) can't tell two locks apart.
  if (birthtimeMs <= 0) return false
  if (note.birthtimeMs !== null) return note.birthtimeMs === birthtimeMs
  return birthtimeMs >= note.atMs - tickMs && birthtimeMs <= note.atMs + madeWithinMs
}

/** Somebody else was first: the lock at `path` is not ours after all. */
export function forgetLock(state: string, path: string, nonce: string) {
  const others = notedLocks(state).filter(other => other.path !== path)
  write(state, others, nonce)
}

export function forgetLocks(state: string) {
  removeQuietly(recordPath(state))
}

/** What was noted and not forgotten since. */
export function notedLocks(state: string): LockNote[] {
  try {
    const notes: unknown = JSON.parse(readFileSync(recordPath(state), 'utf8'))
    return Array.isArray(notes) ? notes : []
  } catch {
    return []
  }
}

function recordPath(state: string): string {
  return join(state, 'locks.json')
}
