// What the plan for one person has to know: looked up here, decided in user-plan.ts.

import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findClient } from '../host/client.js'
import { settingsFolder } from '../host/client-settings.js'
import { AuthError } from '../host/error.js'
import { type Env, ownPaths } from '../host/paths.js'
import { ownRoot, personProgram } from '../host/program-places.js'
import type { Place } from '../place.js'
import type { Choices, Manifest } from './manifest.js'
import { chooseProgram } from './programs.js'
import { readShipped } from './shipped.js'
import { systemProgram } from './system-plan.js'
import type { UserFacts } from './user-plan.js'

/** Throws `usage` where the person's files are such that nothing should be changed. */
export function userFacts(
  place: Place,
  env: Env,
  { version, choices }: { version: string; choices: Choices },
  manifest: Manifest | null,
): UserFacts {
  const { home, uid } = place.person
  const forAll = existsSync(join(systemProgram, 'current/bin/claude'))
  const own = personProgram(home)
  const program = forAll ? systemProgram : own
  const copy = forAll
    ? null
    : chooseProgram({ program: own, path: own, version, forAll: false }, manifest)
  return {
    home,
    program,
    copy,
    shipped: readShipped(ownRoot(), join(program, 'current')),
    choices,
    configFile: ownPaths(env, home).userConfig,
    loginFolder: place.paths.folder,
    settingsFile: settingsBehind(join(settingsFolder(env, home), 'settings.json'), uid),
    sharedMode: 0o755 & ~process.umask(),
    linkStays: linkStays(join(home, '.local/bin/claude'), env),
    wantsUnits:
      existsSync(`/run/user/${uid}/systemd/private`) &&
      !existsSync('/etc/systemd/user/claude-auth.timer'),
  }
}

/** Settings may be a link into a folder that is kept elsewhere; the file there is edited then. */
function settingsBehind(path: string, uid: number): string {
  const link = lstatSync(path, { throwIfNoEntry: false })
  if (!link) return path
  const file = statSync(path, { throwIfNoEntry: false })
  if (!file) throw unfit(path, 'is a link to nothing')
  // A store of root's, such as Nix's, makes settings for its users.
  if (file.uid !== uid && file.uid !== 0) throw unfit(path, `belongs to user ${file.uid}`)
  return link.isSymbolicLink() ? realpathSync(path) : path
}

function unfit(path: string, what: string): AuthError {
  return new AuthError('usage', `${path} ${what}; nothing was changed`, { hint: `ls -lL ${path}` })
}

/**
 * Why `path` would not become the wrapper; null where it would: a link does if the client behind it is found
 * without it, a program never does.
 */
export function linkStays(path: string, env: Env): string | null {
  const seen = lstatSync(path, { throwIfNoEntry: false })
  if (!seen) return null
  const stays = 'is the client itself and stays; launches by it are covered by the hooks'
  if (!seen.isSymbolicLink()) return stays
  if (readlinkSync(path).endsWith('/current/bin/claude') || !existsSync(path)) return null
  const elsewhere = (env['PATH'] ?? '').split(':').filter(each => join(each, 'claude') !== path)
  const client = findClient({ ...env, PATH: elsewhere.join(':') }, null)
  return client === null || join(dirname(client), 'claude') === path ? stays : null
}
