// The context of a login: its owner, its folder, the configuration in force, and the other logins of the same home.

import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { keepLaunchConfig, launchConfigText, rememberedConfig } from '../config/cache.js'
import { type Config, leftMark, loadConfig } from '../config/config.js'
import { settingsFolder } from '../login/client-settings.js'
import { namesIn } from '../system/open-file.js'
import { chownCommand, foreignAbove, ownerWords } from '../system/owner.js'
import {
  type Env,
  envOfLogin,
  type LoginPaths,
  loginFolder,
  loginPaths,
  ownPaths,
} from '../system/paths.js'
import { AuthError, makeTrouble, type Trouble } from '../system/trouble.js'
import { type Distrust, distrustHint, distrustOf } from '../system/trusted-path.js'
import { type Person, statInHomes, whoAmI } from '../system/users.js'
import { version } from '../version.js'

/** Whose login, and where: all that is needed to enter the gate. */
export interface LoginContext {
  person: Person
  paths: LoginPaths
  /** Home, login folder and our state belong to the effective user, and no other user can replace them. */
  owned: boolean
  /** Why they are not; null where `owned`. */
  distrust: Distrust | null
  /**
   * The home, or a login folder outside it, belongs to another user: not a problem to report. In a home of one's own it is
   * one: `sudo` left it so.
   */
  foreign: boolean
}

/** Judges every place that `env` names, and reads nothing in them. */
export function loginContextOf(env: Env): LoginContext {
  const person = whoAmI(env)
  const paths = loginPaths(loginFolder(env, person.home), env, person.home)
  const foreign = [person.home, paths.folder].some(
    folder =>
      ownerOf(folder, person.uid) !== person.uid && foreignAbove(folder, person.uid) === null,
  )
  const distrust = distrustIn(person, paths, settingsFolder(env, person.home))
  return { person, paths, owned: distrust === null, distrust, foreign }
}

function distrustIn({ home, uid }: Person, paths: LoginPaths, settings: string): Distrust | null {
  if (!isOwnFolder(paths.state)) return { path: paths.state, why: 'is not a folder' }
  for (const folder of [home, paths.folder, paths.state]) {
    const owner = ownerOf(folder, uid)
    const found = distrustOf(folder, uid)
    if (found !== null) return found
    if (owner !== uid) return { path: folder, why: ownerWords(owner) }
  }
  return distrustOf(settings, uid)
}

/** Through links; of a folder that is not there yet, or can't be seen, `uid`. */
function ownerOf(path: string, uid: number): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.uid ?? uid
  } catch {
    return uid
  }
}

/** Another user put a link in place of our own folder. */
function isOwnFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== false
  } catch {
    return true
  }
}

/** Why nothing is read or changed here, as an error with what to type. */
export function notOurs({ person, distrust }: LoginContext): AuthError {
  const { path, why } = distrust ?? { path: person.home, why: 'is not yours' }
  return new AuthError('not-private', `${path} ${why}`, {
    hint: mendHint({ path, why }, person.uid),
  })
}

function mendHint(distrust: Distrust, uid: number): string {
  const isLost = foreignAbove(distrust.path, uid) !== null
  return isLost ? chownCommand(distrust.path) : distrustHint(distrust, uid)
}

/** A place that is not trusted; null where all are. */
export function distrustTrouble({ person, distrust, foreign }: LoginContext): Trouble | null {
  if (distrust === null || foreign) return null
  const { path, why } = distrust
  return makeTrouble(`${path} ${why}, so your login is left alone`, {
    command: mendHint(distrust, person.uid),
  })
}

/**
 * The configuration in force for `place`; throws `config-invalid` and its kin. `readOnly`: it is not cached.
 * In a home that is not trusted nothing is done, so only the machine's file counts.
 */
export async function configOf(
  { person, paths, owned }: LoginContext,
  env: Env,
  { readOnly = false, isForAdmin = false } = {},
): Promise<Config> {
  const own = ownPaths(env, person.home)
  const cache = { path: `${paths.state}/config.json`, version }
  if (owned)
    return loadConfig({ paths: own, env, person, isForAdmin, ...(readOnly ? {} : { cache }) })
  const withoutTheirs = { ...own, userConfig: `${own.systemConfig}.none` }
  return loadConfig({
    paths: withoutTheirs,
    env: { ...env, CLAUDE_AUTH_CONFIG: '' },
    person,
    isForAdmin,
  })
}

/**
 * Keeps for the shell what it needs of `config`, read since `readAtMs` (epoch), and returns that text; null where it
 * can't be told. A folder that is missing or full is no error: then the shell asks again.
 */
export function configForShell(
  { person, owned }: LoginContext,
  env: Env,
  config: Config,
  { readAtMs, nonce }: { readAtMs: number; nonce: string },
): string | null {
  const { systemConfig, userConfig } = ownPaths(env, person.home)
  const text = launchConfigText(config, {
    systemConfig,
    userConfig,
    roster: config.roster?.file ?? null,
    left: leftMark(person.uid),
  })
  if (text === null || !owned) return text
  try {
    keepLaunchConfig(person.home, text, { readAtMs, nonce, uid: person.uid })
  } catch {
    // The shell asks once more.
  }
  return text
}

/** `env` is the one of its own folder; `config` the one of its last run, null where none is remembered. */
export interface OwnLogin {
  env: Env
  place: LoginContext
  /** Its name in the sealed store. */
  name: string
  config: Config | null
}

/** The logins of a home, by what can be done with them. */
export interface HomeLogins {
  own: OwnLogin[]
  /** Listed, or looked after once, and another user can change them. */
  notOwn: OwnLogin[]
  /** Folders that give no answer, as on a mount that hangs: nothing in them was looked at. */
  silent: string[]
}

/**
 * All of them, regardless of the folder that this environment names: those that the configuration lists, and those that
 * it listed once. A folder that belongs to another user is left out, and so is one that gives no answer.
 */
export async function ownLogins(env: Env): Promise<OwnLogin[]> {
  const { own } = await homeLogins(env)
  return own
}

/** As `ownLogins`, with those that are left out there. */
export async function homeLogins(env: Env): Promise<HomeLogins> {
  const bare = envOfLogin(env, null)
  const { home } = whoAmI(bare)
  const main = loginFolder(bare, home)
  if ((await silentOf([main])).length > 0) return { own: [], notOwn: [], silent: [main] }
  const first = loginContextOf(bare)
  const config = await configOf(first, bare, { readOnly: true }).catch(() => null)
  const remembered = rememberedAt(first)
  const all: OwnLogin[] = [{ env: bare, place: first, name: 'default', config: remembered }]
  if (!first.owned) return { own: [], notOwn: all, silent: [] }
  // A configuration that was broken or changed since still told of them once.
  const listed = [...(remembered?.profiles ?? []), ...(config?.profiles ?? [])]
  const names = new Map(listed.map(({ folder, name }) => [folder, name]))
  const known = [...new Set([...names.keys(), ...(await foldersIn(home))])]
  const silent = await silentOf(known)
  for (const folder of known.filter(each => each !== main && !silent.includes(each))) {
    const own = envOfLogin(env, folder)
    const place = loginContextOf(own)
    const remembered = rememberedAt(place)
    const name = names.get(folder) ?? remembered?.profile ?? ''
    all.push({ env: own, place, name, config: remembered })
  }
  return {
    own: all.filter(({ place, name }) => place.owned && name !== ''),
    notOwn: all.filter(({ place }) => !place.owned),
    silent,
  }
}

/** Those of `folders` that give no answer, as they are or as login folders. */
async function silentOf(folders: readonly string[]): Promise<string[]> {
  const placesOf = (folder: string) => [folder, join(folder, '.claude-auth')]
  const seen = await statInHomes(folders.flatMap(placesOf))
  return folders.filter(folder => placesOf(folder).some(path => seen.get(path) === 'no-answer'))
}

function rememberedAt({ owned, paths, person }: LoginContext): Config | null {
  return owned ? rememberedConfig(join(paths.state, 'config.json'), person.uid, version) : null
}

/** The folders of a home in which we have left a memory, or that give no answer about it. */
async function foldersIn(home: string): Promise<string[]> {
  const folders = namesIn(home).map(name => join(home, name))
  const stateIn = (folder: string) => join(folder, '.claude-auth')
  const seen = await statInHomes(folders.map(stateIn))
  return folders.filter(folder => {
    const state = seen.get(stateIn(folder))
    return state === 'no-answer' || typeof state === 'object'
  })
}

/** The environments that name the other managed folders which are there, beside the one that `env` names. */
export function otherLogins(env: Env, config: Pick<Config, 'profiles'>, home: string): Env[] {
  if (config.profiles.length === 0) return []
  const all = [
    { folder: join(home, '.claude'), env: envOfLogin(env, null) },
    ...config.profiles.map(({ folder }) => ({ folder, env: envOfLogin(env, folder) })),
  ]
  const done = loginFolder(env, home)
  return all.filter(({ folder }) => folder !== done && isFolder(folder)).map(each => each.env)
}

const worstFirst = [1, 2, 3, 5, 4]

/** The most urgent of several exit codes. */
export function worstCode(codes: readonly number[]): number {
  return worstFirst.find(code => codes.includes(code)) ?? Math.max(0, ...codes)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Not there, or in a folder that keeps this user out.
    return false
  }
}
