// Whose login it is, where it lies, and the configuration in force for it.

import { lstatSync, statSync } from 'node:fs'
import { type Config, loadConfig } from './host/config.js'
import { type Env, type LoginPaths, loginFolder, loginPaths, ownPaths } from './host/paths.js'
import { type Person, whoAmI } from './host/person.js'
import { version } from './version.js'

/** Whose login, and where: all that is needed to enter the gate. */
export interface Place {
  person: Person
  paths: LoginPaths
  /** The effective user owns the home and the login folder. */
  owned: boolean
}

export function placeOf(env: Env): Place {
  const person = whoAmI(env)
  const paths = loginPaths(loginFolder(env, person.home), env, person.home)
  const isOwn = [person.home, paths.folder].every(folder => owns(person.uid, folder))
  return { person, paths, owned: isOwn && isNotTaken(paths.state, person.uid) }
}

/** A link in the place of our own folder was put there by somebody else. */
function isNotTaken(folder: string, uid: number): boolean {
  const state = lstatSync(folder, { throwIfNoEntry: false })
  return state === undefined || (state.isDirectory() && state.uid === uid)
}

/**
 * The configuration in force for `place`; throws `config-invalid` and its kin. `readOnly`: it is not cached.
 * In somebody else's home nothing is done, whatever is wrong with their own.
 */
export async function configOf(
  { person, paths, owned }: Place,
  env: Env,
  { readOnly = false } = {},
): Promise<Config> {
  const own = ownPaths(env, person.home)
  const cache = { path: `${paths.state}/config.json`, version }
  if (owned) return loadConfig({ paths: own, env, person, ...(readOnly ? {} : { cache }) })
  return loadConfig({ paths: own, env, person }).catch(() => {
    const withoutTheirs = { ...own, userConfig: `${own.systemConfig}.none` }
    return loadConfig({ paths: withoutTheirs, env: { ...env, CLAUDE_AUTH_CONFIG: '' }, person })
  })
}

/** A folder that is not there yet will be ours. */
function owns(uid: number, folder: string): boolean {
  return (statSync(folder, { throwIfNoEntry: false })?.uid ?? uid) === uid
}
