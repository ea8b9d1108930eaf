// The locks that an earlier run of ours died holding: given back, so that no client waits for them.

import { lstatSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import type { LockPlace } from './client-locks.js'
import { ownerIsDead, ownerPath, readOwner } from './lock-owner.js'
import { forgetLocks, notedLocks, wasOurLock } from './lock-record.js'

/**
 * Removes them where whoever made them is gone here: on some file systems the gate keeps out only the
 * processes of one host, so another's may be alive, and is left to the stale rule. A client that meets
 * the storage lock while it refreshes loses its login (2.1.197 and 2.1.330); hence at every start.
 */
export function releaseLeftLocks(place: Pick<LockPlace, 'folder' | 'state' | 'process'>): void {
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
  forgetLocks(place.state, place.process)
}
