// A throwaway machine for config tests: a system folder, a home, and one call to load what they say.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, configProblems, loadConfig } from '../../src/config/config.js'
import { type Env, ownPaths } from '../../src/system/paths.js'
import { AuthError } from '../../src/system/trouble.js'
import type { Person } from '../../src/system/users.js'

export interface House {
  system: string
  user: string
  home: string
  cache: string
  person: Person
  writeSystem(text: string, name?: string): string
  writeUser(text: string): string
  load(options?: LoadOptions): Promise<Config>
  /** What is wrong with a config, whether it loads or not, without the file's name where it is the user's. */
  problems(options?: LoadOptions): Promise<string[]>
  /** The error of a config that does not load. */
  failure(options?: LoadOptions): Promise<AuthError>
}

export interface LoadOptions {
  env?: Env
  person?: Partial<Person>
  cached?: boolean
  isForAdmin?: boolean
}

/** `folder` is an empty one of the test's own. */
export function house(folder: string): House {
  const home = join(folder, 'home')
  const systemFolder = join(folder, 'etc')
  const paths = ownPaths({}, home, systemFolder)
  for (const made of [systemFolder, join(home, '.config', 'claude-auth'), join(home, '.claude')])
    mkdirSync(made, { recursive: true, mode: 0o755 })
  const person = { uid: process.geteuid?.() ?? 0, user: 'alice', home, host: 'box' }
  const cache = join(home, '.claude', 'config.json')
  const write = (path: string) => (text: string) => {
    writeFileSync(path, text, { mode: 0o644 })
    return path
  }
  const load = ({
    env = {},
    person: other = {},
    cached = false,
    isForAdmin = false,
  }: LoadOptions = {}) =>
    loadConfig({
      paths: ownPaths(env, home, systemFolder),
      env,
      person: { ...person, ...other },
      isForAdmin,
      ...(cached ? { cache: { path: cache, version: '1.2.3' } } : {}),
    })
  const failure = async (options?: LoadOptions) => {
    const error: unknown = await load(options).then(
      () => new Error('the configuration loaded'),
      thrown => thrown,
    )
    if (error instanceof AuthError) return error
    throw error
  }
  return {
    system: paths.systemConfig,
    user: paths.userConfig,
    home,
    cache,
    person,
    writeSystem: (text, name = 'config.yaml') => write(join(systemFolder, name))(text),
    writeUser: write(paths.userConfig),
    load,
    failure,
    problems: async options => {
      const lines = await load(options).then(
        ({ misfits }) => misfits.map(({ what }) => what),
        configProblems,
      )
      return lines.map(line => line.replace(`${paths.userConfig}:`, '').trim())
    },
  }
}
