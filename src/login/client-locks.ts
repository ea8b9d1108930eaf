// The client's own locks around its login file: taken in its order, taken over from dead holders, given back only if still ours.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmdirSync,
  type Stats,
  statSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import type { ProcessFacts } from '../system/processes.js'
import { minuteMs } from '../system/time.js'
import { AuthError, systemCode } from '../system/trouble.js'
import { removeQuietly, writeFailed } from '../system/write-file.js'
import {
  forgetLock,
  forgetLocks,
  type LockOwner,
  notedLocks,
  noteLock,
  ownerIsDead,
  ownerPath,
  readOwner,
  removeOwner,
  wasOurLock,
  writeOwner,
} from './lock-files.js'

/** Stale ages of client 2.1.330. */
const refreshStaleMs = minuteMs
const storageStaleMs = 15_000

/** Another writer may hold the storage lock for one write only. */
export const storageWaitMs = 20_000

/**
 * Runs `work` under the refresh lock and the legacy lock beside the folder, as a client does for one refresh, with its owner
 * file. Waits up to `waitMs` for another holder. If the legacy lock can't be made for another reason (read-only home), the work
 * goes on without it, as in the client. Throws `lock-busy`, with nothing taken, when the wait runs out.
 */
export async function withRefreshLocks<T>(
  place: LockPlace,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const untilMs = place.now() + waitMs
  const refresh = await takeLock(
    place,
    join(place.folder, '.oauth_refresh.lock'),
    refreshStaleMs,
    untilMs,
  )
  let legacy: HeldLock | null = null
  try {
    legacy = await takeLegacy(place, untilMs)
    writeOwner(place.folder, ownerOf(place, refresh, legacy), place.nonce())
    return await work()
  } finally {
    removeOwner(place.folder, place.process)
    if (legacy) await releaseLock(legacy)
    await releaseLock(refresh)
    forgetLocks(place.state, place.process, place.now())
  }
}

/** Runs `write` under the storage lock, for one write only: a client that finds it held longer loses its login. */
export async function withStorageLock<T>(
  place: LockPlace,
  waitMs: number,
  write: () => T,
): Promise<T> {
  const path = join(place.folder, '.storage-write.lock')
  const held = await takeLock(place, path, storageStaleMs, place.now() + waitMs)
  try {
    return write()
  } finally {
    await releaseLock(held)
    if (!existsSync(path)) forgetLock(place.state, path, place.process, place.now())
  }
}

/**
 * Runs `work` under a lock of our own, for sole custody, where no client needs the refresh lock: on a shared home with
 * host-local `flock` the gate excludes only the processes of one host. Waits and throws as `withRefreshLocks`.
 */
export async function withRenewalLock<T>(
  place: LockPlace,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(place.state, 'renewal.lock')
  const held = await takeLock(place, path, refreshStaleMs, place.now() + waitMs)
  try {
    return await work()
  } finally {
    await releaseLock(held)
    forgetLock(place.state, path, place.process, place.now())
  }
}

async function takeLegacy(place: LockPlace, untilMs: number): Promise<HeldLock | null> {
  const path = `${realpathSync.native(place.folder)}.lock`
  try {
    return await takeLock(place, path, refreshStaleMs, untilMs)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'lock-busy') throw error
    return null
  }
}

function ownerOf(place: LockPlace, refresh: HeldLock, legacy: HeldLock | null): LockOwner {
  return {
    pid: place.process.pid,
    procStart: place.process.procStart,
    pidDomain: place.process.pidDomain,
    pidSpace: place.process.pidSpace,
    lockBirthtimeMs: refresh.birthtimeMs,
    legacyLockBirthtimeMs: legacy?.birthtimeMs ?? null,
  }
}

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

/** Our lock, distinguished from a later one at the same path by its birth time and inode. */
interface HeldLock {
  path: string
  birthtimeMs: number
  inode: number
  release: () => Promise<void>
}

/**
 * Takes the lock at `path`, waiting for another holder until `untilMs` (epoch). One not
 * touched for `staleMs` is abandoned. Throws `lock-busy`, or `write-failed` where it can't be made.
 */
export async function takeLock(
  place: LockPlace,
  path: string,
  staleMs: number,
  untilMs: number,
): Promise<HeldLock> {
  for (;;) {
    const holder = lstatSync(path, { throwIfNoEntry: false })
    const free = !holder || place.now() - holder.mtimeMs > staleMs || takeOver(place, path, holder)
    const held = free ? await tryTake(place, path, staleMs) : null
    if (held) return held
    if (place.now() >= untilMs)
      throw new AuthError('lock-busy', `another process has held ${path} for too long`)
    await place.sleep(100)
  }
}

async function tryTake(place: LockPlace, path: string, staleMs: number): Promise<HeldLock | null> {
  const by = place.process
  noteLock(place.state, { path, atMs: place.now(), birthtimeMs: null, by })
  try {
    const release = await lockfile.lock(path, {
      lockfilePath: path,
      realpath: false,
      fs: atOnce,
      stale: staleMs,
      update: touchEveryMs,
      // A lock lost to another is noticed when it is given back; throwing from a timer would be lost.
      onCompromised: () => undefined,
    })
    const made = lstatSync(path, { throwIfNoEntry: false })
    const birthtimeMs = made?.birthtimeMs ?? 0
    noteLock(place.state, { path, atMs: place.now(), birthtimeMs, by })
    return { path, birthtimeMs, inode: made?.ino ?? 0, release }
  } catch (error) {
    forgetLock(place.state, path, by, place.now())
    if (systemCode(error) === 'ELOCKED') return null
    throw writeFailed(path, error, `could not make ${path}`)
  }
}

/** Removes a lock whose holder can't come back: our own crash at once, another's when provably dead. */
function takeOver(place: LockPlace, path: string, holder: Stats): boolean {
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
export async function releaseLock(held: HeldLock) {
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
    // Already lost to another holder: nothing to release.
  }
}

/** File operations for proper-lockfile's option `fs`, synchronous: Node's thread pool would cost a waiting launch 10 ms. */
const atOnce = {
  mkdir: byCallback(mkdirSync),
  rmdir: byCallback(rmdirSync),
  stat: byCallback(statSync),
  utimes: byCallback(utimesSync),
  realpath: byCallback(realpathSync.native),
  // proper-lockfile would release its locks at exit. If we die in the middle of a renewal nobody may post that token again, so
  // they stay until the next run, which knows them as ours, finishes the work.
  rmdirSync: () => undefined,
}

/** Its last argument is the callback, given the error or the result. */
function byCallback(call: (...args: never[]) => unknown) {
  return (...args: unknown[]) => {
    const callback = args.pop() as (error: unknown, result?: unknown) => void
    let result: unknown
    try {
      result = call(...(args as never[]))
    } catch (error) {
      return callback(error)
    }
    return callback(null, result)
  }
}

/**
 * Removes locks whose process is gone from this host. On some file systems the gate excludes only the processes of one host, so
 * another host's may be alive and is left to the stale rule. A client that finds the storage lock held while it refreshes loses
 * its login (2.1.197 and 2.1.330); hence at every start.
 */
export function releaseLeftLocks(
  place: Pick<LockPlace, 'folder' | 'state' | 'process' | 'now'>,
): void {
  const noted = notedLocks(place.state)
  const left = noted.filter(({ path }) => {
    const lock = lstatSync(path, { throwIfNoEntry: false })
    return lock !== undefined && wasOurLock(place.state, path, lock.birthtimeMs, place.process)
  })
  const owner = readOwner(place.folder)
  const isRefresh = left.some(({ path }) => path === join(place.folder, '.oauth_refresh.lock'))
  if (isRefresh && owner !== null && ownerIsDead(owner, place.process))
    removeQuietly(ownerPath(place.folder))
  for (const { path } of left) {
    try {
      rmdirSync(path)
    } catch {
      // Gone meanwhile: a client took it for stale.
    }
  }
  forgetLocks(place.state, place.process, place.now())
}
