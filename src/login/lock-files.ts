// The files beside the client's locks: the owner file that names the holder to other clients, and our record for the run after a
// crash.

import { closeSync, constants, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Decoder,
  jsonObject,
  number,
  object,
  oneOf,
  orNull,
  text,
  where,
  word,
} from '../system/json.js'
import { openOwn, ownBytes, textAt } from '../system/open-file.js'
import { type ProcessFacts, procStartOf } from '../system/processes.js'
import { kernelTickMs, minuteMs } from '../system/time.js'
import { atomicWrite, removeQuietly } from '../system/write-file.js'

/**
 * The owner file of client 2.1.330, field by field. `pidDomain` names machine and pid namespace, `pidSpace` host name and pid
 * namespace; a legacy lock that was not taken is left out.
 */
export interface LockOwner {
  pid: number
  procStart: string
  pidDomain: string
  pidSpace: string
  lockBirthtimeMs: number | null
  legacyLockBirthtimeMs: number | null
}

/** Much more than any of the files here holds. */
const maxBytes = 64 * 1024

/** True only when the owner lived in our own pid namespace and machine, and is gone. */
export function ownerIsDead(owner: LockOwner, self: ProcessFacts): boolean {
  // Machines without an id are distinguished by their names.
  const elsewhere = owner.pidDomain !== self.pidDomain || owner.pidSpace !== self.pidSpace
  if (elsewhere || self.procStart === '') return false
  return procStartOf(owner.pid) !== owner.procStart
}

/** True only when the process of `facts` is known to be gone here; for one elsewhere, or of another boot, it is unknown. */
export function isGone(facts: ProcessFacts, self: ProcessFacts): boolean {
  if (facts.bootId !== self.bootId || facts.bootId === '') return false
  const isSelf = facts.pid === self.pid && facts.procStart === self.procStart
  return (
    isSelf || ownerIsDead({ ...facts, lockBirthtimeMs: null, legacyLockBirthtimeMs: null }, self)
  )
}

/** The client compares texts. */
const asText: Decoder<string> = value => String(value)

const ownerIn: Decoder<LockOwner> = object({
  pid: where(number, Number.isSafeInteger),
  procStart: asText,
  pidDomain: asText,
  pidSpace: asText,
  lockBirthtimeMs: orNull(number),
  legacyLockBirthtimeMs: orNull(number),
})

export function readOwner(folder: string): LockOwner | null {
  return ownerIn(jsonObject(textAt(ownerPath(folder), { maxBytes }) ?? '')) ?? null
}

/** A missing owner file only makes others wait longer, so a failure does not stop the renewal. */
export function writeOwner(folder: string, owner: LockOwner, nonce: string) {
  const { legacyLockBirthtimeMs, ...always } = owner
  const record = legacyLockBirthtimeMs === null ? always : owner
  try {
    atomicWrite(ownerPath(folder), JSON.stringify(record), { nonce, durable: false })
  } catch {
    // See above.
  }
}

/** Removes the owner file if it names this process. */
export function removeOwner(folder: string, self: ProcessFacts) {
  const owner = readOwner(folder)
  if (owner?.pid === self.pid && owner.procStart === self.procStart)
    removeQuietly(ownerPath(folder))
}

export function ownerPath(folder: string): string {
  return join(folder, '.oauth_refresh.lock.owner')
}

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
/** The longest a lock is held, and the stale age of the client's after that. */
const longestHeldMs = 10 * minuteMs
/** More than any run of ours writes. */
const mostBytes = 256 * 1024

/** Notes a lock. */
export function noteLock(state: string, note: LockNote) {
  append(state, note)
}

/** The lock at `path` is not ours: released, or another process was first. */
export function forgetLock(state: string, path: string, self: ProcessFacts, nowMs: number) {
  forget(state, self, nowMs, note => note.path === path)
}

/** Forgets the locks of this process and of processes that are gone; what others hold stays noted. */
export function forgetLocks(state: string, self: ProcessFacts, nowMs: number) {
  forget(state, self, nowMs, () => true)
}

function forget(
  state: string,
  self: ProcessFacts,
  nowMs: number,
  isMeant: (note: LockNote) => boolean,
) {
  const notes = notedLocks(state)
  const gone = notes.filter(note => isMeant(note) && isGone(note.by, self))
  const isKept = (note: LockNote) => !gone.includes(note) && !isForgotten(note, self, nowMs)
  if (!notes.some(isKept)) return removeQuietly(recordPath(state))
  for (const { path, by } of gone) append(state, { path, by, forgotten: true })
}

/** A holder elsewhere that noted it so long ago has released it, or it is stale by now. */
function isForgotten({ atMs, by }: LockNote, self: ProcessFacts, nowMs: number): boolean {
  return !isGone(by, self) && Math.abs(nowMs - atMs) > longestHeldMs
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
    return birthtimeMs >= note.atMs - kernelTickMs && birthtimeMs <= note.atMs + madeWithinMs
  })
}

/** Is another process, possibly alive, working on this login? */
export function othersAtWork(state: string, self: ProcessFacts, nowMs: number): boolean {
  return notedLocks(state).some(note => !isGone(note.by, self) && !isForgotten(note, self, nowMs))
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
