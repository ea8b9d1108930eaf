// `claude-auth uninstall`: for one person, or in one home when a machine is cleared.

import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { handBack, staysSole } from '../engine/hand-back.js'
import { withdrawHealthRecord } from '../engine/health-record.js'
import {
  type LoginContext,
  loginContextOf,
  notOurs,
  type OwnLogin,
  ownLogins,
} from '../engine/login-context.js'
import { releaseLeftLocks } from '../login/client-locks.js'
import { notedLocks } from '../login/lock-files.js'
import { readLoginFile } from '../login/login-file.js'
import { readMemory } from '../login/memory.js'
import { isOnSharedDocument } from '../store/open.js'
import { codeFolder, removeCode } from '../system/compile-cache.js'
import { enterGate, enterLoginGate, installMostMs } from '../system/gate.js'
import { type Env, ownPaths } from '../system/paths.js'
import { processFacts } from '../system/processes.js'
import { freshNonce, replaceLink, temporaryPath } from '../system/write-file.js'
import { jsonText } from '../text/clean.js'
import type { Make } from './desired-state.js'
import {
  apply,
  manifestOf,
  type Prepared,
  prepare,
  removeEmptyFolders,
  removeManifestFolder,
  takeBack,
} from './execute.js'
import { userSite } from './for-user.js'
import { absent, inspect } from './inspect.js'
import { type Entry, isConfig, type Manifest, timersIn } from './manifest.js'
import { plan } from './reconcile.js'
import { stopUserTimers } from './services.js'
import { systemProgram } from './system-plan.js'
import { undoUninstall } from './way-back.js'
import type { SharedFlags, UninstallFlags } from './words.js'
import { changesObject, isConfirmed, print, say, uninstalledLines } from './words.js'

/** Throws `usage` or `write-failed`; a second run goes on where the first one ended. */
export async function uninstallUser(flags: UninstallFlags, env: Env): Promise<number> {
  const place = ownPlace(env)
  const site = userSite(place)
  const manifest = manifestOf(site)
  const isIn = manifest !== null
  // Before the configuration goes, which names the others.
  const logins = await ownLogins(env)
  // An installation that was killed before its first record has left the folder.
  const isTraced = existsSync(dirname(site.manifest))
  const gate =
    flags.dryRun || !isTraced
      ? null
      : enterGate(`${site.manifest}.gate`, null, 60_000, {
          mostMs: installMostMs,
          isOptional: true,
        })
  try {
    const prepared = prepare(site, [])
    if (!flags.json) say(prepared.notes)
    if (!(await isConfirmed(prepared, flags))) {
      if (flags.dryRun && flags.json) told(prepared, flags)
      return flags.dryRun ? 0 : 1
    }
    const forMachine = existsSync(join(systemProgram, 'current/bin/claude'))
    if (isIn && !(await leave(place, env, logins, { forMachine, ...flags }))) return 1
    if (!isIn && !flags.leaveLogins && !(await isHandedBackAlone(place, env, logins))) return 1
    if (isIn && !forMachine) {
      await withdrawRecords(logins)
      if (!removeLeftovers(logins, env)) say([storeStays])
      // Our state was in it until now.
      if (isMade(manifest, place.paths.folder))
        removeEmptyFolders(place.paths.folder, place.person.home)
    }
    if (flags.json) told(prepared, flags)
    else {
      const back = { earlier: manifest, path: env['PATH'] ?? '' }
      const undo = undoUninstall({ ...flags, scope: 'user' }, back)
      print(uninstalledLines({ changed: prepared.changes.length, undo }))
    }
    return 0
  } finally {
    gate?.leave()
    if (gate !== null && manifestOf(site) === null) removeManifestFolder(site, place.person.home)
  }
}

/** Did the installation make the folder `path`? */
function isMade({ entries }: Manifest, path: string): boolean {
  return entries.some(
    each => each.path === path && each.make.kind === 'folder' && each.before.kind === 'absent',
  )
}

/** One of the two steps of clearing a machine, in this home. */
export async function asUser(step: 'hand-back' | 'leftovers', env: Env): Promise<number> {
  const place = ownPlace(env)
  const site = userSite(place)
  const manifest = manifestOf(site)
  // A user with a program of their own keeps it.
  if (manifest?.entries.some(({ make }) => make.kind === 'program')) return 0
  const logins = await ownLogins(env)
  if (step === 'leftovers') {
    await withdrawRecords(logins)
    const isGone = removeLeftovers(logins, env)
    takeBackSkel(place.person.home, systemProgram, userSite(place))
    if (!isGone) say([storeStays])
    return isGone ? 0 : 1
  }
  if (manifest === null) return (await areHandedBack(logins)) ? 0 : 1
  const all = { forMachine: false, leaveLogins: false }
  if (!(await leave(place, env, logins, all))) return 1
  removeManifestFolder(site, place.person.home)
  return 0
}

const storeStays =
  'a sealed copy in ~/.local/share/claude-auth stays: its login file has no refresh token of its own'

/** The site stops expecting records of what is gone. Nothing here waits for that. */
async function withdrawRecords(logins: OwnLogin[]): Promise<void> {
  for (const login of logins)
    if (!(await withdrawHealthRecord(login)))
      say([
        `the health record of ${login.place.paths.folder} could not be withdrawn`,
        'hint: tell the admin of the site that this host is gone',
      ])
}

/** First the configuration that keeps the token away from the file, then the token, then all else. */
async function leave(
  place: LoginContext,
  env: Env,
  logins: OwnLogin[],
  { forMachine, leaveLogins }: { forMachine: boolean; leaveLogins: boolean },
): Promise<boolean> {
  const site = userSite(place)
  takeBack(site, isConfig)
  const isLeft = leaveLogins || (forMachine && (await staysSole(place, env)))
  if (!isLeft && !(await areHandedBack(logins))) return false
  const timers = timersIn(manifestOf(site))
  if (timers.length > 0) stopUserTimers(timers)
  takeBack(site, () => true)
  renewNativeLink(place.person.home, freshNonce())
  return true
}

/** Nothing is installed for this person: a login is left in our care where a machine's removal could not hand it back. */
async function isHandedBackAlone(
  place: LoginContext,
  env: Env,
  logins: OwnLogin[],
): Promise<boolean> {
  return (await staysSole(place, env)) || areHandedBack(logins)
}

/** Every one of them is tried; false when one could not be handed back. */
async function areHandedBack(logins: OwnLogin[]): Promise<boolean> {
  let areAll = true
  for (const login of logins) {
    const end = await handBack(login)
    const { folder, loginFile } = login.place.paths
    if (end.kind === 'elsewhere')
      say([
        `other hosts go on with the login of ${folder}; here it ends with its access token`,
        'hint: claude auth login',
      ])
    if (end.kind !== 'kept') continue
    areAll = false
    say([
      `the login could not be handed back to ${loginFile} (${end.why})`,
      'hint: claude-auth ensure, then once more; --leave-logins goes on without',
    ])
  }
  return areAll
}

function ownPlace(env: Env): LoginContext {
  const place = loginContextOf(env)
  if (!place.owned) throw notOurs(place)
  return place
}

function told(prepared: Prepared, flags: SharedFlags): void {
  print([jsonText(changesObject(prepared, flags, prepared.notes))])
}

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

/** Not where the file has its token, nor where the sign-in is over or goes on in a shared document. */
function isNeeded({ place, config }: OwnLogin): boolean {
  const { paths, person } = place
  const file = readLoginFile(paths.loginFile, person.uid)
  if (file.kind === 'login' && file.login.refreshToken !== null) return false
  const { held, spent, signedOut, othersSeenAtMs } = readMemory(paths.stateFile, { orEmpty: true })
  if (signedOut !== null || existsSync(paths.signedOut)) return false
  if (held?.refreshHash != null && spent.includes(held.refreshHash)) return false
  return !(config && isOnSharedDocument(config) && othersSeenAtMs !== null)
}

/** Only our own note tells that the locks of a run that was killed are ours; without it clients wait a minute for them. */
function releaseLocks({ paths }: LoginContext): void {
  if (notedLocks(paths.state).length === 0) return
  const gate = enterLoginGate(paths.gate, null, gateWaitMs)
  try {
    releaseLeftLocks({ ...paths, process: processFacts(process.pid), now: Date.now })
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

/**
 * Takes the hooks and the wrapper's link of `program` out of `home`, as far as they are as they were
 * given, and the folders that are empty then. Throws `usage` for settings that cannot be edited.
 */
function takeBackSkel(home: string, program: string, owner: { uid: number; gid: number }) {
  const entry = (path: string, make: Make, after: string[] = []): Entry => ({
    path: join(home, path),
    make,
    before: absent,
    after,
  })
  const folder: Make = { kind: 'folder', mode: 0o700 }
  const target = join(program, 'current/bin/claude')
  const settings: Make = {
    kind: 'part',
    part: { in: 'settings', hooks: {} },
    whenAbsent: '',
    mode: 0o600,
  }
  const entries = [
    entry('.local', folder),
    entry('.local/bin', folder),
    entry('.local/bin/claude', { kind: 'link', target }, [`link:${target}`]),
    entry('.claude', folder),
    entry('.claude/settings.json', settings),
  ]
  const { changes } = plan([], each => inspect('', each), entries, owner)
  apply(changes, [])
}

/** Where `~/.local/bin/claude` leads to a version that is gone, it leads to the newest one that is there. */
function renewNativeLink(home: string, nonce: string): void {
  const path = join(home, '.local/bin/claude')
  const newest = newestBeside(path)
  if (newest === null) return
  replaceLink(newest, path, temporaryPath(path, nonce))
}

/** Null where the link needs no other target, or there is none. */
function newestBeside(path: string): string | null {
  try {
    const target = readlinkSync(path)
    const folder = dirname(target)
    if (!folder.endsWith('/.local/share/claude/versions') || existsSync(path)) return null
    const names = readdirSync(folder).filter(name => /^\d+\.\d+\.\d+$/.test(name))
    const newest = names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
    return newest === undefined ? null : join(folder, newest)
  } catch {
    // No link, or nothing beside it.
    return null
  }
}
