// The logins of one home that claude-auth may have in its care: that of `~/.claude`, and those of the profiles.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { rememberedConfig } from '../config/cache.js'
import type { Config } from '../config/config.js'
import { type Env, envOfLogin, loginFolder } from '../system/paths.js'
import { version } from '../version.js'
import { configOf, type LoginContext, loginContextOf } from './login-context.js'

/** `env` is the one of its own folder; `config` the one of its last run, null where none is remembered. */
export interface OwnLogin {
  env: Env
  place: LoginContext
  /** Its name in the sealed store. */
  name: string
  config: Config | null
}

/**
 * All of them, whatever folder this environment names: those that the configuration lists, and those that
 * it listed once. A folder that belongs to somebody else is left out.
 */
export async function ownLogins(env: Env): Promise<OwnLogin[]> {
  const bare = envOfLogin(env, null)
  const first = loginContextOf(bare)
  const { home } = first.person
  const config = await configOf(first, bare, { readOnly: true }).catch(() => null)
  const listed = config?.profiles ?? []
  const names = new Map(listed.map(({ folder, name }) => [folder, name]))
  const at = (folder: string): OwnLogin => {
    const own = envOfLogin(env, folder)
    const place = loginContextOf(own)
    const remembered = rememberedAt(place)
    const name = names.get(folder) ?? remembered?.profile ?? null
    return { env: own, place, name: name ?? '', config: remembered }
  }
  if (!first.owned) return []
  const folders = [...new Set([...names.keys(), ...foldersIn(home)])]
  const others = folders.filter(folder => folder !== first.paths.folder).map(at)
  const remembered = rememberedAt(first)
  const all = [{ env: bare, place: first, name: 'default', config: remembered }, ...others]
  return all.filter(({ place, name }) => place.owned && name !== '')
}

function rememberedAt({ owned, paths, person }: LoginContext): Config | null {
  return owned ? rememberedConfig(join(paths.state, 'config.json'), person.uid, version) : null
}

/** The folders of a home in which we have left a memory. */
function foldersIn(home: string): string[] {
  try {
    const folders = readdirSync(home).map(name => join(home, name))
    return folders.filter(folder => existsSync(join(folder, '.claude-auth')))
  } catch {
    return []
  }
}

// The timer's turn: every login folder that is managed, one after the other.

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

/** Of several exit codes the one that needs somebody most. */
export function worstCode(codes: readonly number[]): number {
  return worstFirst.find(code => codes.includes(code)) ?? Math.max(0, ...codes)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
