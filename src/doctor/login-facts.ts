// The configuration in force and the login file as it lies there; nothing is asked of anybody.

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { VaultConfig } from '../config/vault.js'
import { startRun } from '../engine/context.js'
import { configOf, type LoginContext, loginContextOf } from '../engine/login-context.js'
import { type Observation, observe } from '../engine/observe.js'
import type { Run } from '../engine/run.js'
import { findAnswer, type Sealer } from '../login/answer.js'
import {
  type ClientSettings,
  readClientSettings,
  settingsFolder,
} from '../login/client-settings.js'
import { ownerPath } from '../login/lock-owner.js'
import { isLink, readLoginFile } from '../login/login-file.js'
import { onlyTolerantJson } from '../login/login-text.js'
import { isTemporary } from '../system/atomic-write.js'
import { systemCode } from '../system/error.js'
import { ownPaths } from '../system/paths.js'
import { distrustOf } from '../system/trusted-path.js'
import type { ExamineOptions } from './check.js'

/** Who owns a path, and who else may use it. */
export interface PathFacts {
  path: string
  uid: number
  /** The permission bits. */
  mode: number
}

export interface LoginFacts {
  place: LoginContext
  /** A mere look: it learns, and writes nothing. */
  run: Run
  seen: Observation
  settings: ClientSettings
  /** The login file itself, behind a link; null where there is none. */
  file: PathFacts | null
  isLink: boolean
  /** Comments in it, which the client does not understand. */
  hasComments: boolean
  /** The nearest folder above in which somebody else could replace the login. */
  unsafe: (PathFacts & { why: string }) | null
  /** What of ours can't be written to. */
  closed: ClosedPath | null
  /** What of ours is no file. */
  odd: OddFile | null
  /** In our state folder and sealed store, and readable by others. */
  open: PathFacts[]
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
      ? distrustOf(dirname(realpathSync(paths.loginFile)), person.uid)
      : null
    const about = target && pathFacts(target.path)
    return target && about ? { ...about, why: target.why } : null
  } catch {
    // Gone in the meantime.
    return null
  }
}

/** What of ours others may read, although it is to be private. */
function openPaths({ paths }: LoginContext, store: string): PathFacts[] {
  const inside = [paths.state, store].flatMap(folder => [
    folder,
    ...namesIn(folder).map(name => join(folder, name)),
  ])
  return inside.flatMap(path => {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== false
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

/** What can't be listed has nothing that we could judge. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

async function leftAnswer(run: Run, { paths, owned }: LoginContext): Promise<LoginFacts['answer']> {
  if (!owned || lstatSync(paths.answer, { throwIfNoEntry: false }) === undefined) return 'none'
  try {
    return (await findAnswer(paths.answer, lazily(run.sealer))).kind
  } catch {
    // Without its key nobody can tell; the store's own check says what is wrong with that.
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

// What keeps us from saving a login: a folder or file of ours that is somebody else's, closed, or on a disk that is read-only.

type ClosedPath =
  | { why: 'foreign'; path: string; uid: number }
  | { why: 'mode'; path: string; mode: number }
  | { why: 'read-only'; path: string }

/** The first of them; null where all is open to this user, or the home is somebody else's. `store`: the folder of the sealed store. */
export function closedPath({ paths, person }: LoginContext, store: string): ClosedPath | null {
  if (statSync(person.home, { throwIfNoEntry: false })?.uid !== person.uid) return null
  const { R_OK, W_OK, X_OK } = constants
  const folders = [paths.folder, paths.state, store].map(
    path => [path, R_OK | W_OK | X_OK] as const,
  )
  const files = [
    [paths.gate, R_OK | W_OK],
    [join(store, 'key'), R_OK],
  ] as const
  for (const [path, access] of [...folders, ...files]) {
    const closed = whyClosed(path, person.uid, access)
    if (closed !== null) return closed
  }
  return null
}

function whyClosed(path: string, own: number, access: number): ClosedPath | null {
  try {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return null
    if (about.uid !== own) return { why: 'foreign', path, uid: about.uid }
    try {
      accessSync(path, access)
      return null
    } catch (error) {
      if (systemCode(error) === 'EROFS') return { why: 'read-only', path }
      return { why: 'mode', path, mode: about.mode & 0o7777 }
    }
  } catch {
    // The folder above is closed, and was told.
    return null
  }
}

// What stands in the place of a file of ours and can't be one: a pipe, a device, a socket, a folder, or far too large.

interface OddFile {
  path: string
  /** To be read after the path. */
  why: string
  /** Nothing is lost with it. */
  isEmpty: boolean
  /** Without it nothing is renewed. */
  isNeeded: boolean
}

/** The folders of our state; all else in it is files. */
const folders = ['login', 'config', 'client', 'aside']
/** Many times the largest. */
const mostBytes = 16 * 1024 * 1024

/** The first one in our state, among the sealed copies in the folder `store`, and beside the client's locks. */
function oddFile({ paths, owned }: LoginContext, store: string): OddFile | null {
  if (!owned) return null
  const state = entriesOf(paths.state).filter(name => !folders.includes(name) && !isTemporary(name))
  const sealed = entriesOf(store).filter(name => /^keys?$|\.jwe$/.test(name))
  const all = [
    ...state.map(name => join(paths.state, name)),
    ...sealed.map(name => join(store, name)),
    ownerPath(paths.folder),
  ]
  for (const path of all) {
    const why = whyOdd(path)
    if (why === null) continue
    const isNeeded = [paths.gate, join(store, 'key')].includes(path)
    return { path, why, isEmpty: isEmpty(path), isNeeded }
  }
  return null
}

function whyOdd(path: string): string | null {
  try {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return null
    if (!about.isFile()) return 'is not a regular file'
    return about.size > mostBytes ? 'is larger than 16 MiB' : null
  } catch (error) {
    // What is closed to us, the check of rights tells.
    return systemCode(error) === 'ELOOP' ? 'is a loop of links' : null
  }
}

function isEmpty(path: string): boolean {
  const about = lstatSync(path, { throwIfNoEntry: false })
  return about?.isFile() === false && !about.isDirectory()
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
