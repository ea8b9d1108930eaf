// What claude-auth has left in a home, taken away: its state, its compiled code, the sealed store where nothing needs it.

import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { codeFolder, removeCode } from '../host/compile-cache.js'
import { enterGate } from '../host/gate.js'
import { type Env, ownPaths } from '../host/paths.js'
import { removeEmptyFolders } from '../install/carry-out.js'
import { releaseLeftLocks } from '../login/left-locks.js'
import { processFacts } from '../login/lock-owner.js'
import { notedLocks } from '../login/lock-record.js'
import { readLoginFile } from '../login/login-file.js'
import { readMemory } from '../login/read-memory.js'
import type { Place } from '../place.js'
import type { OwnLogin } from './own-logins.js'

/** Longer than any run is at it. */
const gateWaitMs = 60_000

/**
 * Takes away our state, the sealed store and what else only claude-auth reads in this home. A sealed login
 * stays while its login file has no refresh token: then it may be the only copy. True when all is gone.
 */
export function removeLeftovers(logins: OwnLogin[], env: Env): boolean {
  const [{ place } = { place: null }] = logins
  if (place === null) return true
  const { home } = place.person
  const { localStore } = ownPaths(env, home)
  const needed = logins.filter(login => existsSync(sealed(localStore, login)) && isNeeded(login))
  for (const login of logins) {
    releaseLocks(login.place)
    rmSync(login.place.paths.state, { recursive: true, force: true })
    if (needed.includes(login)) continue
    for (const version of ['', '.previous', '.unopened'])
      rmSync(sealed(localStore, login, version), { force: true })
  }
  removeCompiled(env, home)
  if (!existsSync(localStore)) return true
  if (readdirSync(localStore).some(name => name.endsWith('.jwe'))) return false
  removeKeys(localStore)
  removeEmptyFolders(localStore, home)
  return true
}

/** The names that the local store gives to what belongs to its keys, and to files that a killed run left half-written. */
const keyName = /^(?:keys?|key\.unusable|[\w.-]+\.tmp\.[0-9a-f]+)$/

/** Anything else in the folder is the person's, and stays. */
function removeKeys(localStore: string): void {
  for (const name of readdirSync(localStore)) {
    const path = join(localStore, name)
    if (keyName.test(name) && !lstatSync(path).isDirectory()) rmSync(path, { force: true })
  }
}

function sealed(localStore: string, { name }: OwnLogin, version = ''): string {
  return join(localStore, `${name}${version}.jwe`)
}

/** Not where the file has its token, nor where the sign-in is over or goes on in Vault. */
function isNeeded({ place, config }: OwnLogin): boolean {
  const { paths, person } = place
  const file = readLoginFile(paths.loginFile, person.uid)
  if (file.kind === 'login' && file.login.refreshToken !== null) return false
  const { held, spent, signedOut, othersSeenAtMs } = readMemory(paths.stateFile, { orEmpty: true })
  if (signedOut !== null || existsSync(paths.signedOut)) return false
  if (held?.refreshHash != null && spent.includes(held.refreshHash)) return false
  const isInVault = config?.store === 'vault' && config.vault?.isPerHost === false
  return !(isInVault && othersSeenAtMs !== null)
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
function removeCompiled(env: Env, home: string): void {
  const folder = codeFolder(env)
  if (folder === null) return
  try {
    removeCode(folder, () => true)
    removeEmptyFolders(folder, home)
  } catch {
    // Another user's, or on a disk that is read-only.
  }
}
