// `claude-auth offboard USER --as-user PART`: what root has done in the user's home, as that user: signed out, or erased.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft } from '../config/config.js'
import { homeLogins, loginContextOf, notOurs, ownLogins } from '../engine/login-context.js'
import { removeLeftovers } from '../install/uninstall-user.js'
import { exitLeft } from '../offboard/host-actions.js'
import { sealedNames } from '../store/local.js'
import { namesIn } from '../system/open-file.js'
import { type Env, envOfLogin, loginFolder, ownPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { statInHomes, whoAmI } from '../system/users.js'
import { makePrivateFolder } from '../system/write-file.js'
import { logoutOfLeaving } from './logout.js'

/**
 * 0: done; 1: not all of it; 3: the rest is left to a person, and named on stderr; 4: a server gave no answer. Throws `usage` for a
 * user whom root has not marked as left.
 */
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

/**
 * Each login folder has a sign-in of its own, and the sealed store may keep another: of a folder that nobody knows any more, or from
 * before the last sign-in. One that cannot be ended keeps none of the others waiting; then the first error is thrown.
 */
async function logoutOfAll(env: Env): Promise<number> {
  const { logins, left } = await loginsToEnd(env)
  const { localStore } = ownPaths(env, whoAmI(env).home)
  const ends = [
    ...logins.map(each => () => logoutOfLeaving(each.env, { profile: each.name })),
    ...sealedNames(localStore).map(name => () => logoutOfSealed(name, env)),
  ]
  const codes: number[] = []
  const errors: unknown[] = []
  for (const end of ends)
    await end().then(
      code => codes.push(code),
      error => errors.push(error),
    )
  for (const words of left) process.stderr.write(`${words}\n`)
  if (errors.length > 0) throw errors[0]
  const code = codes.find(code => code !== 0 && code !== 4) ?? Math.max(0, ...codes)
  return code === 0 && left.length > 0 ? exitLeft : code
}

/** A login that is to be ended: in the folder that `env` names, sealed in the store as `name`. */
interface LoginToEnd {
  env: Env
  /** Null: the store has none of that folder. */
  name: string | null
}

/**
 * In `~/.claude`, in the folders that are looked after or once were, and in those of the home that only hold a login file. `left`:
 * why one is not ended; what others may change, or what hangs, may not keep the others waiting.
 */
async function loginsToEnd(env: Env): Promise<{ logins: LoginToEnd[]; left: string[] }> {
  const { home } = whoAmI(env)
  const main = loginFolder(env, home)
  const { own, notOwn, silent } = await homeLogins(env)
  const all = new Map<string, LoginToEnd>()
  if (!silent.includes(main)) all.set(main, { env, name: 'default' })
  for (const { env: each, place, name } of own)
    if (!all.has(place.paths.folder)) all.set(place.paths.folder, { env: each, name })
  const others = [
    ...namesIn(home).map(name => join(home, name)),
    ...notOwn.map(({ place }) => place.paths.folder),
  ].filter(folder => !all.has(folder) && !silent.includes(folder))
  const seen = await statInHomes(others.map(loginFileIn))
  const left: string[] = []
  for (const folder of new Set(others)) {
    const file = seen.get(loginFileIn(folder))
    if (file === 'no-answer') silent.push(folder)
    if (typeof file !== 'object') continue
    const each = envOfLogin(env, folder)
    const place = loginContextOf(each)
    if (place.owned) all.set(folder, { env: each, name: null })
    else left.push(`the login in ${folder} is not ended: ${notOurs(place).message}`)
  }
  left.push(...silent.map(folder => `${folder} gives no answer: a login may be in it`))
  return { logins: [...all.values()], left }
}

function loginFileIn(folder: string): string {
  return join(folder, '.credentials.json')
}

/** With a login folder of its own, which stays where the server has still to be asked again. */
async function logoutOfSealed(name: string, env: Env): Promise<number> {
  const { localStore } = ownPaths(env, whoAmI(env).home)
  const folder = join(localStore, `${name}.ending`)
  makePrivateFolder(folder)
  const code = await logoutOfLeaving(envOfLogin(env, folder), { profile: name })
  if (code === 0) rmSync(folder, { recursive: true, force: true })
  return code
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
