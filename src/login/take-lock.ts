// One of the client's locks: taking it, taking it over from a holder that can't come back, giving it back.

import { lstatSync, rmdirSync, type Stats } from 'node:fs'
import lockfile from 'proper-lockfile'
import { AuthError, systemCode } from '../host/error.js'
import { atOnce } from './lock-calls.js'
import { type LockOwner, ownerIsDead, type ProcessFacts, readOwner } from './lock-owner.js'
import { forgetLock, noteLock, wasOurLock } from './lock-record.js'

/** Where locking happens, and the clock and identity it happens with. */
export interface LockPlace {
  /** The login folder. */
  folder: string
  /** Our state folder: remembers which locks are ours, in case we die holding them. */
  state: string
  process: ProcessFacts
  now: () => number
  sleep: (ms: number) => Promise<unknown>
  nonce: () => string
}

/** Client 2.1.197 steals a refresh lock that was not touched for 10 s, even from a live holder. */
const touchEveryMs = 2_000
/** After this long without a touch the lock of a provably dead owner is taken over (client 2.1.330). */
const deadOwnerMs = 8_000

/** A lock of ours, told apart from a later one at the same path by its birth and inode. */
export interface Held {
  path: string
  birthtimeMs: number
  inode: number
  release: () => Promise<void>
}

/**
 * Takes the lock at `path`, waiting for another holder until `until` (epoch milliseconds). One not
 * touched for `staleMs` is abandoned. Throws `lock-busy`, or `write-failed` where it can't be made.
 */
export async function take(
  place: LockPlace,
  path: string,
  staleMs: number,
  until: number,
): Promise<Held> {
  for (;;) {
    const holder = lstatSync(path, { throwIfNoEntry: false })
    const free = !holder || place.now() - holder.mtimeMs > staleMs || takenOver(place, path, holder)
    const held = free ? await tryTake(place, path, staleMs) : null
    if (held) return held
    if (place.now() >= until)
      throw new AuthError('lock-busy', `another process has held ${path} for too long`)
    await place.sleep(100)
  }
}

async function tryTake(place: LockPlace, path: string, staleMs: number): Promise<Held | null> {
  const by = place.process
  noteLock(place.state, { path, atMs: place.now(), birthtimeMs: null, by })
  try {
    const release = await lockfile.lock(path, {
      lockfilePath: path,
      realpath: false,
      fs: atOnce,
      stale: staleMs,
      update: touchEveryMs,
      // A lock lost to another is noticed when it is given back; throwing from a timer helps nobody.
      onCompromised: () => undefined,
    })
    const made = lstatSync(path, { throwIfNoEntry: false })
    const birthtimeMs = made?.birthtimeMs ?? 0
    noteLock(place.state, { path, atMs: place.now(), birthtimeMs, by })
    return { path, birthtimeMs, inode: made?.ino ?? 0, release }
  } catch (error) {
    forgetLock(place.state, path, by)
    if (systemCode(error) === 'ELOCKED') return null
    throw new AuthError('write-failed', `could not make ${path} (${systemCode(error)})`)
  }
}

/** Removes a lock whose holder can't come back: our own crash at once, another's when provably dead. */
function takenOver(place: LockPlace, path: string, holder: Stats): boolean {
  const owner = readOwner(place.folder)
  const dead =
    owner !== null &&
    place.now() - holder.mtimeMs >= deadOwnerMs &&
    bornWith(owner, holder.birthtimeMs) &&
    ownerIsDead(owner, place.process)
  if (!dead && !wasOurLock(place.state, path, holder.birthtimeMs, place.process)) return false
  try {
    rmdirSync(path)
  } catch (error) {
    return systemCode(error) === 'ENOENT'
  }
  return true
}

function bornWith(owner: LockOwner, birthtimeMs: number): boolean {
  return [owner.lockBirthtimeMs, owner.legacyLockBirthtimeMs].some(
    born => born !== null && born > 0 && Math.abs(born - birthtimeMs) < 1,
  )
}

/** Gives `held` back if it is still ours; never throws. */
export async function giveBack(held: Held) {
  const now = lstatSync(held.path, { throwIfNoEntry: false })
  const stillOurs = now?.birthtimeMs === held.birthtimeMs && now.ino === held.inode
  try {
    // Releasing also stops the touching, so it is done either way; on a lock lost to another it must not rmdir.
    if (stillOurs) await held.release()
    else
      await lockfile.unlock(held.path, {
        lockfilePath: `${held.path}.lost`,
        realpath: false,
        fs: atOnce,
      })
  } catch {
    // Already lost to another holder: there is nothing of ours to give back.
  }
}
