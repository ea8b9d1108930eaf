// `claude-auth offboard USER --as-user erase`: in the user's own home, as that user, what claude-auth keeps there is removed.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft } from '../config/config.js'
import { ownLogins } from '../engine/login-context.js'
import { removeLeftovers } from '../install/uninstall-user.js'
import { AuthError } from '../system/error.js'
import { type Env, ownPaths } from '../system/paths.js'
import { whoAmI } from '../system/users.js'

/** 0: nothing of ours is left; 1: something is. Throws `usage` for a user whom root has not marked as left. */
export async function offboardErase(user: string, env: Env): Promise<number> {
  const person = whoAmI(env)
  if (person.user !== user || !hasLeft(person.uid))
    throw new AuthError('usage', 'offboard: --as-user is for a user who was marked as left', {
      hint: 'claude-auth offboard --help',
    })
  const logins = await ownLogins(env)
  const { localStore, configFolder } = ownPaths(env, person.home)
  rmSync(localStore, { recursive: true, force: true })
  for (const name of ['vault-token', 'jwt'])
    rmSync(join(configFolder, name), { recursive: true, force: true })
  for (const { config } of logins)
    if (config?.vault?.auth.method === 'token') rmSync(config.vault.auth.tokenFile, { force: true })
  return removeLeftovers(logins, env) ? 0 : 1
}
