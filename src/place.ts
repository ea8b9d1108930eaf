// Whose login it is, where it lies, and the configuration in force for it.

import { lstatSync, statSync } from 'node:fs'
import { keepLaunchConfig, launchConfigText } from './host/config/launch-config.js'
import { type Config, loadConfig } from './host/config.js'
import { AuthError } from './host/error.js'
import { type Env, type LoginPaths, loginFolder, loginPaths, ownPaths } from './host/paths.js'
import { type Person, whoAmI } from './host/person.js'
import { quoted } from './host/quoted.js'
import { foreignAbove, giveBack } from './host/write-failed.js'
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
  return { person, paths, owned: isOwn && isOwnState(paths.state, person.uid) }
}

/** A link in the place of our own folder was put there by somebody else. */
function isOwnState(path: string, uid: number): boolean {
  const state = lstatSync(path, { throwIfNoEntry: false })
  return state === undefined || (state.isDirectory() && state.uid === uid)
}

/** Why nothing is changed here, as an error with what to type. */
export function notOurs({ person, paths }: Place): AuthError {
  const foreign = [person.home, paths.folder].find(each => !owns(person.uid, each)) ?? paths.state
  const isLost = foreignAbove(foreign, person.uid) !== null
  return new AuthError('not-private', `${foreign} belongs to somebody else`, {
    hint: isLost ? giveBack(foreign) : `ls -ld ${quoted(foreign)}`,
  })
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

/**
 * Keeps for the shell what it needs of `config`, read since `readAtMs` (epoch), and returns that text; null where it
 * can't be told. A folder that is missing or full is no error: then the shell asks again.
 */
export function configForShell(
  { person, owned }: Place,
  env: Env,
  config: Config,
  { readAtMs, nonce }: { readAtMs: number; nonce: string },
): string | null {
  const { systemConfig, userConfig } = ownPaths(env, person.home)
  const text = launchConfigText(config, {
    systemConfig,
    userConfig,
    roster: config.roster?.file ?? null,
  })
  if (text === null || !owned) return text
  try {
    keepLaunchConfig(person.home, text, { readAtMs, nonce, uid: person.uid })
  } catch {
    // The shell asks once more.
  }
  return text
}

/** A folder that is not there yet will be ours. */
function owns(uid: number, folder: string): boolean {
  return (statSync(folder, { throwIfNoEntry: false })?.uid ?? uid) === uid
}
