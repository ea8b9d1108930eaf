// `claude-auth uninstall`: for one person, or in one home when a machine is cleared.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installMostMs } from '../host/end-of-run.js'
import { enterGate } from '../host/gate.js'
import type { Env } from '../host/paths.js'
import {
  manifestOf,
  type Prepared,
  prepare,
  removeManifestFolder,
  takeBack,
} from '../install/carry-out.js'
import { takeBackSkel } from '../install/from-skel.js'
import { isConfig, timersIn } from '../install/manifest.js'
import { renewNativeLink } from '../install/native-link.js'
import { stopUserTimers } from '../install/services.js'
import { systemProgram } from '../install/system-plan.js'
import type { SharedFlags, UninstallFlags } from '../install/wishes.js'
import { notOurs, type Place, placeOf } from '../place.js'
import { uninstalledLines } from '../report/install-text.js'
import { jsonText } from '../report/json-text.js'
import { changesObject, isWanted, print, say } from './ask-first.js'
import { handBack, staysSole } from './hand-back.js'
import { userSite } from './install-user.js'
import { removeLeftovers } from './leftovers.js'
import { type OwnLogin, ownLogins } from './own-logins.js'

/** Throws `usage` or `write-failed`; a second run goes on where the first one ended. */
export async function uninstallUser(flags: UninstallFlags, env: Env): Promise<number> {
  const place = ownPlace(env)
  const site = userSite(place)
  const isIn = manifestOf(site) !== null
  // Before the configuration goes, which names the others.
  const logins = await ownLogins(env)
  // An installation that was killed before its first record has left the folder.
  const isTraced = existsSync(dirname(site.manifest))
  const gate =
    flags.dryRun || !isTraced
      ? null
      : enterGate(`${site.manifest}.gate`, null, 60_000, installMostMs)
  try {
    const prepared = prepare(site, [])
    if (!flags.json) say(prepared.notes)
    if (!(await isWanted(prepared, flags))) {
      if (flags.dryRun && flags.json) told(prepared, flags)
      return flags.dryRun ? 0 : 1
    }
    const forMachine = existsSync(join(systemProgram, 'current/bin/claude'))
    if (isIn && !(await leave(place, env, logins, { forMachine, ...flags }))) return 1
    if (!isIn && !flags.leaveLogins && !(await isHandedBackAlone(place, env, logins))) return 1
    if (isIn && !forMachine && !removeLeftovers(logins, env)) say([storeStays])
    if (flags.json) told(prepared, flags)
    else print(uninstalledLines({ scope: 'user', changed: prepared.changes.length }))
    return 0
  } finally {
    gate?.leave()
    if (gate !== null && manifestOf(site) === null) removeManifestFolder(site, place.person.home)
  }
}

/** One of the two steps of clearing a machine, in this home. */
export async function asUser(step: 'hand-back' | 'leftovers', env: Env): Promise<number> {
  const place = ownPlace(env)
  const site = userSite(place)
  const manifest = manifestOf(site)
  // Who has a program of their own goes on with it.
  if (manifest?.entries.some(({ make }) => make.kind === 'program')) return 0
  const logins = await ownLogins(env)
  if (step === 'leftovers') {
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

/** First the configuration that keeps the token away from the file, then the token, then all else. */
async function leave(
  place: Place,
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
  renewNativeLink(place.person.home, String(process.pid))
  return true
}

/** Nothing is installed for this person: a login is left in our care where a machine's removal could not hand it back. */
async function isHandedBackAlone(place: Place, env: Env, logins: OwnLogin[]): Promise<boolean> {
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

function ownPlace(env: Env): Place {
  const place = placeOf(env)
  if (!place.owned) throw notOurs(place)
  return place
}

function told(prepared: Prepared, flags: SharedFlags): void {
  print([jsonText(changesObject(prepared, flags, prepared.notes))])
}
