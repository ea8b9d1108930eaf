// What claude-auth has left in a home, taken away: its state, its compiled code, the sealed store where nothing needs it.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeFolder } from '../host/compile-cache.js'
import { enterGate } from '../host/gate.js'
import { type Env, ownPaths } from '../host/paths.js'
import { removeEmptyFolders } from '../install/carry-out.js'
import { releaseLeftLocks } from '../login/left-locks.js'
import { processFacts } from '../login/lock-owner.js'
import { notedLocks } from '../login/lock-record.js'
import { readLoginFile } from '../login/login-file.js'
import type { Place } from '../place.js'

/** Longer than any run is at it. */
const gateWaitMs = 60_000

/**
 * Takes away our state, the sealed store and what else only claude-auth reads in this home. The store
 * stays where the login file has no refresh token: then it may be the only copy. True when all is gone.
 */
export function removeLeftovers(place: Place, env: Env): boolean {
  const { paths, person } = place
  const own = ownPaths(env, person.home)
  releaseLocks(place)
  rmSync(paths.state, { recursive: true, force: true })
  removeCode(env, person.home)
  if (!existsSync(own.localStore)) return true
  const file = readLoginFile(paths.loginFile, person.uid)
  if (file.kind !== 'login' || file.login.refreshToken === null) {
    if (readdirSync(own.localStore).length > 0) return false
  }
  rmSync(own.localStore, { recursive: true, force: true })
  removeEmptyFolders(dirname(own.localStore), person.home)
  return true
}

/** Only our own note tells that the locks of a run that was killed are ours; without it clients wait a minute for them. */
function releaseLocks({ paths }: Place): void {
  if (notedLocks(paths.state).length === 0) return
  const gate = enterGate(paths.gate, null, gateWaitMs)
  try {
    releaseLeftLocks({ ...paths, process: processFacts(process.pid) })
  } finally {
    gate.leave()
  }
}

/** Compiled code is no data: what cannot be removed of it keeps nothing else from going. */
function removeCode(env: Env, home: string): void {
  const folder = codeFolder(env)
  if (folder === null) return
  try {
    rmSync(folder, { recursive: true, force: true })
    removeEmptyFolders(dirname(folder), home)
  } catch {
    // Another user's, or on a disk that is read-only.
  }
}
