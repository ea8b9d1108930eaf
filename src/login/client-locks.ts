// The client's own locks around its login file, taken in its order and given back only if still ours.

import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError } from '../host/error.js'
import { type LockOwner, removeOwner, writeOwner } from './lock-owner.js'
import { forgetLock, forgetLocks } from './lock-record.js'
import { giveBack, type Held, type LockPlace, take } from './take-lock.js'

export type { LockPlace } from './take-lock.js'

/** Stale ages of client 2.1.330. */
const refreshStaleMs = 60_000
const storageStaleMs = 15_000

/** Another writer may hold the storage lock for one write only. */
export const storageWaitMs = 20_000

/**
 * Runs `work` under the refresh lock and the legacy lock beside the folder, as a client does for one
 * refresh, with its owner file. Waits up to `waitMs` for another holder. A legacy lock that can't be
 * made for another reason than a holder (read-only home) is gone without, as the client does.
 * Throws `lock-busy`, with nothing taken, when the wait runs out.
 */
export async function withRefreshLocks<T>(
  place: LockPlace,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const until = place.now() + waitMs
  const refresh = await take(
    place,
    join(place.folder, '.oauth_refresh.lock'),
    refreshStaleMs,
    until,
  )
  let legacy: Held | null = null
  try {
    legacy = await takeLegacy(place, until)
    writeOwner(place.folder, ownerOf(place, refresh, legacy), place.nonce())
    return await work()
  } finally {
    removeOwner(place.folder, place.process)
    if (legacy) await giveBack(legacy)
    await giveBack(refresh)
    forgetLocks(place.state, place.process)
  }
}

/** Runs `write` under the storage lock, for one write only: a client that meets it longer loses its login. */
export async function withStorageLock<T>(
  place: LockPlace,
  waitMs: number,
  write: () => T,
): Promise<T> {
  const path = join(place.folder, '.storage-write.lock')
  const held = await take(place, path, storageStaleMs, place.now() + waitMs)
  try {
    return write()
  } finally {
    await giveBack(held)
    if (!existsSync(path)) forgetLock(place.state, path, place.process)
  }
}

/**
 * Runs `work` under a lock of our own, where no client's is in the way (sole custody): the gate alone keeps out
 * only one host's processes where a file system has `flock` local to each (shared homes). As the refresh lock.
 */
export async function withRenewalLock<T>(
  place: LockPlace,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(place.state, 'renewal.lock')
  const held = await take(place, path, refreshStaleMs, place.now() + waitMs)
  try {
    return await work()
  } finally {
    await giveBack(held)
    forgetLock(place.state, path, place.process)
  }
}

async function takeLegacy(place: LockPlace, until: number): Promise<Held | null> {
  const path = `${realpathSync(place.folder)}.lock`
  try {
    return await take(place, path, refreshStaleMs, until)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'lock-busy') throw error
    return null
  }
}

function ownerOf(place: LockPlace, refresh: Held, legacy: Held | null): LockOwner {
  return {
    pid: place.process.pid,
    procStart: place.process.procStart,
    pidDomain: place.process.pidDomain,
    pidSpace: place.process.pidSpace,
    lockBirthtimeMs: refresh.birthtimeMs,
    legacyLockBirthtimeMs: legacy?.birthtimeMs ?? null,
  }
}
