// The configuration in force and the login file as it is on disk. No network.

import { existsSync, lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { VaultConfig } from '../config/vault.js'
import { startRun } from '../engine/context.js'
import { configOf, type LoginContext, loginContextOf } from '../engine/login-context.js'
import { type Observation, observe } from '../engine/observe.js'
import type { Run } from '../engine/run.js'
import { findLeftAnswer, type Sealer } from '../login/answer.js'
import {
  type ClientSettings,
  readClientSettings,
  settingsFolder,
} from '../login/client-settings.js'
import { isLink, readLoginFile } from '../login/login-file.js'
import { onlyTolerantJson } from '../login/login-text.js'
import { statOf } from '../system/access.js'
import { namesIn } from '../system/open-file.js'
import { ownPaths } from '../system/paths.js'
import { distrustOf } from '../system/trusted-path.js'
import type { ExamineOptions } from './check.js'
import { closedPath, type OwnFileFacts, oddFile } from './own-files.js'

/** Owner and mode of a path. */
export interface PathFacts {
  path: string
  uid: number
  /** The permission bits. */
  mode: number
}

export interface LoginFacts extends OwnFileFacts {
  /** A read-only run: it learns, and writes nothing. */
  run: Run
  seen: Observation
  settings: ClientSettings
  /** The login file itself, behind a link; null where there is none. */
  file: PathFacts | null
  isLink: boolean
  /** Comments in it, which the client does not understand. */
  hasComments: boolean
  /** The nearest parent folder in which another user could replace the login. */
  unsafe: (PathFacts & { why: string }) | null
  /** The file with the Vault token or JWT; null where there is none, and for a link. */
  vaultSecret: PathFacts | null
  /** Copies of the login file beside it that hold a refresh token in plain text. */
  plainCopies: string[]
  /** The sealed store keeps the version before the current one. */
  hasPrevious: boolean
  /** An answer of the token endpoint that a run left behind. */
  answer: 'none' | 'sent' | 'answered'
}

/** Throws `AuthError` for a configuration that is wrong. */
export async function loginFacts({ env, cwd, offline }: ExamineOptions): Promise<LoginFacts> {
  const place = loginContextOf(env)
  const configReadAtMs = Date.now()
  const config = await configOf(place, env, { readOnly: true })
  const run = await startRun(place, config, {
    env,
    cwd,
    actor: 'command',
    forced: false,
    offline,
    readOnly: true,
    signedIn: false,
    client: null,
    isClientChosen: Boolean(env['CLAUDE_AUTH_CLIENT']),
    configReadAtMs,
  })
  const seen = observe(run)
  const { paths, person } = place
  const store = ownPaths(env, person.home).localStore
  const settings = await readClientSettings({ folder: settingsFolder(env, person.home), cwd })
  return {
    place,
    run,
    seen,
    settings,
    file: pathFacts(paths.loginFile),
    isLink: isLink(paths.loginFile),
    hasComments: seen.file.bytes !== null && onlyTolerantJson(seen.file.bytes),
    unsafe: unsafeAbove(place),
    closed: closedPath(place, store),
    odd: oddFile(place, store),
    open: place.owned ? openPaths(place, store) : [],
    vaultSecret: vaultSecret(config.vault),
    plainCopies: place.owned ? plainCopies(place) : [],
    hasPrevious: existsSync(join(store, `${config.profile ?? 'default'}.previous.jwe`)),
    answer: await leftAnswer(run, place),
  }
}

/** Through links; null for what is not there or can't be reached. */
export function pathFacts(path: string): PathFacts | null {
  try {
    return factsOf(path, statSync(path))
  } catch {
    return null
  }
}

function factsOf(path: string, { uid, mode }: Stats): PathFacts {
  return { path, uid, mode: mode & 0o7777 }
}

/** The folders on the way to the login file and, through a link, to its target, as OpenSSH judges those above a key. */
function unsafeAbove({
  paths,
  person,
  owned,
  distrust,
  foreign,
}: LoginContext): LoginFacts['unsafe'] {
  try {
    const known = distrust && pathFacts(distrust.path)
    if (distrust && known) return foreign ? null : { ...known, why: distrust.why }
    if (!owned || pathFacts(paths.folder) === null) return null
    const isElsewhere = isLink(paths.loginFile) && pathFacts(paths.loginFile) !== null
    const target = isElsewhere
      ? distrustOf(dirname(realpathSync.native(paths.loginFile)), person.uid)
      : null
    const about = target && pathFacts(target.path)
    return target && about ? { ...about, why: target.why } : null
  } catch {
    // Gone in the meantime.
    return null
  }
}

/** Our private files that other users may read. */
function openPaths({ paths }: LoginContext, store: string): PathFacts[] {
  const inside = [paths.state, store].flatMap(folder => [
    folder,
    ...namesIn(folder).map(name => join(folder, name)),
  ])
  return inside.flatMap(path => {
    const isLink = statOf(path)?.isSymbolicLink() !== false
    const about = isLink ? null : pathFacts(path)
    return about !== null && (about.mode & 0o077) !== 0 ? [about] : []
  })
}

function vaultSecret(vault: VaultConfig | null): PathFacts | null {
  if (vault === null) return null
  const path = vault.auth.method === 'token' ? vault.auth.tokenFile : vault.auth.jwtFile
  try {
    return lstatSync(path).isSymbolicLink() ? null : pathFacts(path)
  } catch {
    return null
  }
}

/** Copies of the login file beside it that hold a refresh token. */
function plainCopies({ paths, person }: LoginContext): string[] {
  const own = basename(paths.loginFile)
  return namesIn(paths.folder)
    .filter(name => name.startsWith(own) && name !== own)
    .map(name => join(paths.folder, name))
    .filter(path => {
      const file = readLoginFile(path, person.uid)
      return file.kind === 'login' && file.login.refreshToken !== null
    })
}

async function leftAnswer(run: Run, { paths, owned }: LoginContext): Promise<LoginFacts['answer']> {
  if (!owned || lstatSync(paths.answer, { throwIfNoEntry: false }) === undefined) return 'none'
  try {
    return (await findLeftAnswer(paths.answer, lazily(run.sealer))).kind
  } catch {
    // Without its key it can't be opened; the check of the store says why.
    return 'sent'
  }
}

/** Only a sealed answer needs the key. */
function lazily(sealer: Run['sealer']): Sealer {
  return {
    seal: async bytes => (await sealer()).seal(bytes),
    open: async bytes => (await sealer()).open(bytes),
  }
}
