// The client's locks around the login, and whether whoever holds them still lives.

import { lstatSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ownerIsDead, readOwner } from '../login/lock-owner.js'
import type { LoginFacts } from './facts-login.js'

export interface LockFact {
  path: string
  uid: number
  ageMs: number
  birthtimeMs: number
  /** `dead`: its owner is gone. `stale`: not touched for longer than any client holds it. */
  state: 'held' | 'stale' | 'dead'
}

export type LockFacts = LockFact[]

/** Stale ages of client 2.1.330; a dead holder's is taken over after 8 s. */
const staleMs = { refresh: 60_000, storage: 15_000 }
const deadOwnerMs = 8_000

/** Those that are there now; none where the login is not this user's. */
export function lockFacts({ place, run }: LoginFacts): LockFacts {
  if (!place.owned) return []
  const { folder } = place.paths
  const owner = readOwner(folder)
  const isDead = owner !== null && ownerIsDead(owner, run.locks.process)
  const births = [owner?.lockBirthtimeMs, owner?.legacyLockBirthtimeMs]
  const all = [
    { path: join(folder, '.oauth_refresh.lock'), limitMs: staleMs.refresh },
    { path: `${realFolder(folder)}.lock`, limitMs: staleMs.refresh },
    { path: join(folder, '.storage-write.lock'), limitMs: staleMs.storage },
  ]
  return all.flatMap(({ path, limitMs }) => {
    const lock = lstatSync(path, { throwIfNoEntry: false })
    if (!lock?.isDirectory()) return []
    const { uid, birthtimeMs } = lock
    const ageMs = run.now() - lock.mtimeMs
    const isOwners = births.some(born => born != null && Math.abs(born - birthtimeMs) < 1)
    const dead = isDead && isOwners && ageMs >= deadOwnerMs
    const state = dead ? 'dead' : ageMs > limitMs ? 'stale' : 'held'
    return [{ path, uid, ageMs, birthtimeMs, state } as const]
  })
}

/** The client makes its legacy lock beside the folder itself, not beside a link to it. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
