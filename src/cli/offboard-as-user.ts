// `claude-auth offboard USER --as-user PART`: what root has done in the user's home, as that user: signed out, or erased.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft } from '../config/config.js'
import { loginContextOf, ownLogins } from '../engine/login-context.js'
import { removeLeftovers } from '../install/uninstall-user.js'
import { type Env, envOfLogin, loginPaths, ownPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { whoAmI } from '../system/users.js'
import { makePrivateFolder } from '../system/write-file.js'
import { logoutOfLeaving } from './logout.js'

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

/**
 * Each login folder has a sign-in of its own, and the sealed store may keep one whose folder nobody knows any more. One that cannot
 * be ended keeps none of the others waiting; then the first error is thrown.
 */
async function logoutOfAll(env: Env): Promise<number> {
  const logins = await loginsToEnd(env)
  const known = logins.map(({ name }) => name)
  const sealed = sealedNames(env).filter(name => !known.includes(name))
  const ends = [
    ...logins.map(each => () => logoutOfLeaving(each.env, { profile: each.name })),
    ...sealed.map(name => () => logoutOfSealed(name, env)),
  ]
  const codes: number[] = []
  const errors: unknown[] = []
  for (const end of ends)
    await end().then(
      code => codes.push(code),
      error => errors.push(error),
    )
  if (errors.length > 0) throw errors[0]
  return codes.find(code => code !== 0 && code !== 4) ?? Math.max(0, ...codes)
}

/** A login that is to be ended: in the folder that `env` names, sealed in the store as `name`. */
interface LoginToEnd {
  env: Env
  /** Null: the store has none of that folder. */
  name: string | null
}

/** In `~/.claude`, in the folders that are looked after or once were, and in those of the home that only hold a login file. */
async function loginsToEnd(env: Env): Promise<LoginToEnd[]> {
  const { person, paths } = loginContextOf(env)
  const first = { env, folder: paths.folder, name: 'default' as string | null }
  const looked = (await ownLogins(env)).map(({ env: own, place, name }) => ({
    env: own,
    folder: place.paths.folder,
    name,
  }))
  const found = foldersWithLogin(person.home).map(folder => ({
    env: envOfLogin(env, folder),
    folder,
    name: null,
  }))
  const all = new Map<string, LoginToEnd>()
  for (const { folder, ...login } of [first, ...looked, ...found])
    if (!all.has(folder)) all.set(folder, login)
  return [...all.values()]
}

function foldersWithLogin(home: string): string[] {
  const folders = readdirSync(home).map(name => join(home, name))
  return folders.filter(folder => existsSync(loginPaths(folder, {}, home).loginFile))
}

/** The names under which the sealed store keeps logins. */
function sealedNames(env: Env): string[] {
  const { localStore } = ownPaths(env, whoAmI(env).home)
  if (!existsSync(localStore)) return []
  return readdirSync(localStore).flatMap(
    file => /^([a-z0-9][a-z0-9._-]*?)(?:\.previous|\.unopened)?\.jwe$/.exec(file)?.[1] ?? [],
  )
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
