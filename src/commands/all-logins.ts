// The timer's turn: every login folder that is managed, one after the other.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../host/config.js'
import { type Env, envOfLogin, loginFolder } from '../host/paths.js'

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
