// The configuration in force: which files it is made of, and the resolved values, from the cache when nothing changed.

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Env, loginFolder, type OwnPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import { cachedConfig, cacheKey, writeCache } from './cache.js'
import type { Config } from './resolve.js'
import { configSource } from './source.js'

export type { Config } from './resolve.js'
export { configFiles } from './source.js'

export interface LoadConfigOptions {
  paths: Pick<OwnPaths, 'systemConfig' | 'userConfig' | 'configFolder'>
  env: Env
  person: Person
  /** Where the resolved config is kept as JSON (`<state>/config.json`), and the program's version. */
  cache?: { path: string; version: string }
  /** Where root marks users who have left; the machine's folder, if not given. */
  leftFolder?: string
  /** For an admin's command: what is wrong in its sections is `config-invalid` too, and not only a misfit. */
  isForAdmin?: boolean
}

/**
 * The configuration of this person on this host, for the login folder that `env` names: the
 * machine's file, then the person's, then the roster, fully resolved; what does not fit this person is in
 * `misfits`. With a `cache` whose files are unchanged, neither the YAML nor the schema library is loaded.
 * @throws AuthError `config-invalid` (`configProblems` of it lists all), `config-unreadable`,
 * `config-writable-by-others`
 */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const { person, leftFolder } = options
  if (!hasLeft(person.uid, leftFolder)) return configOfFiles(options)
  // Above all files: no configuration of the user's, and no roster, says otherwise. Looked at anew each time.
  const file = leftMark(person.uid, leftFolder)
  return { ...(await configOfLeft(options)), mode: 'off', off: { because: 'left', file } }
}

/** The machine's file alone: what users write, or break, cannot keep their login from being ended. Only the list of profiles comes from the user's file. */
async function configOfLeft({ cache: _, ...options }: LoadConfigOptions): Promise<Config> {
  const own = await configOfFiles(options).catch(() => null)
  const paths = { ...options.paths, userConfig: '/nonexistent/config.yaml' }
  const machines = await configOfFiles({ ...options, paths, env: withoutNamed(options.env) })
  return { ...machines, profiles: own?.profiles ?? machines.profiles }
}

function withoutNamed({ CLAUDE_AUTH_CONFIG: _, ...env }: Env): Env {
  return env
}

async function configOfFiles(options: LoadConfigOptions): Promise<Config> {
  const { paths, env, person, cache } = options
  const named = env['CLAUDE_AUTH_CONFIG']
  if (named && !named.startsWith('/'))
    throw new AuthError('config-unreadable', `CLAUDE_AUTH_CONFIG=${named}: want an absolute path`, {
      hint: 'unset CLAUDE_AUTH_CONFIG',
    })
  const system = configSource('system', paths.systemConfig, person.uid)
  const user = configSource('user', paths.userConfig, person.uid)
  if (named && !user.exists)
    throw new AuthError('config-unreadable', `CLAUDE_AUTH_CONFIG=${named}: there is no such file`, {
      hint: 'unset CLAUDE_AUTH_CONFIG',
    })

  const folder = loginFolder(env, person.home)
  const vaultToken = join(paths.configFolder, 'vault-token')
  const key = cacheKey({ version: cache?.version ?? '', person, folder, vaultToken })
  const hit = cache && cachedConfig(cache.path, { key, system, user, uid: person.uid })
  if (hit) return hit

  const { buildConfig } = await import('./build.js')
  const { config, roster } = buildConfig({
    system,
    user,
    person,
    folder,
    vaultToken,
    isForAdmin: options.isForAdmin ?? false,
  })
  // Switched off by a config file, nothing at all is written. A roster that could not be read may be mended unseen.
  const isWhole = config.roster === null || roster !== null
  if (cache && isWhole && config.off?.because !== 'config')
    writeCache(cache.path, { key, sources: [system, user, roster], config })
  return config
}

/** Every problem behind a `config-invalid`, one line each; the message itself names the first. */
export function configProblems(error: unknown): string[] {
  const cause =
    error instanceof AuthError ? (error.cause as { problems?: unknown } | undefined) : null
  return Array.isArray(cause?.problems) ? cause.problems : []
}

/** Where the marks are, named by the number of the user. All users may read, only root may write. */
export const leftFolder = '/var/lib/claude-auth/left'

/** The path of the mark of `uid`. */
export function leftMark(uid: number, folder: string = leftFolder): string {
  return join(folder, String(uid))
}

/** Does the mark of `uid` lie there, put there by root? One `lstat`; a folder that can't be seen holds none. */
export function hasLeft(uid: number, folder: string = leftFolder): boolean {
  try {
    return lstatSync(leftMark(uid, folder), { throwIfNoEntry: false })?.uid === 0
  } catch {
    return false
  }
}
