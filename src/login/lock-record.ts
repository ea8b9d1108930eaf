// Our note of the client's locks that we make, so that the run after a crash of ours knows them as ours.

import { closeSync, constants, fstatSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import { jsonObject } from '../host/json.js'
import { openOwn } from '../host/open-file.js'

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
/** More than any run of ours writes. */
const mostBytes = 256 * 1024

/** Notes a lock; the caller holds the gate, so nobody else writes here. */
export function noteLock(state: string, note: LockNote) {
  append(state, note)
}

/** The lock at `path` is not ours: given back, or somebody else was first. */
export function forgetLock(state: string, path: string) {
  if (notedLocks(state).some(note => note.path !== path)) append(state, { path, forgotten: true })
  else forgetLocks(state)
}

export function forgetLocks(state: string) {
  removeQuietly(recordPath(state))
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

/** What was noted and not forgotten since, each lock once. */
export function notedLocks(state: string): LockNote[] {
  const notes = new Map<string, LockNote>()
  for (const line of linesOf(recordPath(state))) {
    const { path, atMs, birthtimeMs, forgotten } = jsonObject(line) ?? {}
    if (typeof path !== 'string') continue
    if (forgotten === true) notes.delete(path)
    else if (typeof atMs === 'number' && (birthtimeMs === null || typeof birthtimeMs === 'number'))
      notes.set(path, { path, atMs, birthtimeMs })
  }
  return [...notes.values()]
}

function linesOf(path: string): string[] {
  try {
    const file = openOwn(path, constants.O_RDONLY)
    try {
      return fstatSync(file).size > mostBytes ? [] : readFileSync(file, 'utf8').split('\n')
    } finally {
      closeSync(file)
    }
  } catch {
    return []
  }
}

/**
 * One write, on a line of its own whatever a crash tore off before it; replacing the file would have ext4
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
