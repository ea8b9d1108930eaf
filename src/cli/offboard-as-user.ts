// `claude-auth offboard USER --as-user PART`: what root has done in the user's home, as that user: signed out, or erased.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft } from '../config/config.js'
import { ownLogins } from '../engine/login-context.js'
import { removeLeftovers } from '../install/uninstall-user.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { whoAmI } from '../system/users.js'
import { logout } from './logout.js'

/** 0: done; 1: not all of it; 4: a server gave no answer. Throws `usage` for a user whom root has not marked as left. */
export async function offboardAsUser(
  user: string,
  part: 'logout' | 'erase',
  env: Env,
): Promise<number> {
  const person = whoAmI(env)
  if (person.user !== user || !hasLeft(person.uid))
    throw new AuthError('usage', 'offboard: --as-user is for a user who was marked as left', {
      hint: 'claude-auth offboard --help',
    })
  return part === 'logout' ? logoutOfAll(env) : erase(person.home, env)
}

/** Each login folder has a sign-in of its own. */
async function logoutOfAll(env: Env): Promise<number> {
  const others = (await ownLogins(env)).filter(({ name }) => name !== 'default')
  const codes: number[] = []
  for (const each of [env, ...others.map(({ env: own }) => own)]) codes.push(await logout([], each))
  return codes.find(code => code !== 0 && code !== 4) ?? Math.max(...codes)
}

/** What claude-auth keeps in the home, and nothing else. */
async function erase(home: string, env: Env): Promise<number> {
  const logins = await ownLogins(env)
  const { localStore, configFolder } = ownPaths(env, home)
  rmSync(localStore, { recursive: true, force: true })
  for (const name of ['vault-token', 'jwt'])
    rmSync(join(configFolder, name), { recursive: true, force: true })
  for (const { config } of logins)
    if (config?.vault?.auth.method === 'token') rmSync(config.vault.auth.tokenFile, { force: true })
  return removeLeftovers(logins, env) ? 0 : 1
}
