// Starting a run: place, configuration, settings, network, store and memory put together; the edge of the engine.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { networkOf } from '../anthropic/network.js'
import type { Config } from '../config/config.js'
import { hasStoredKey } from '../login/client-config.js'
import { noSettings, readClientSettings, settingsFolder } from '../login/client-settings.js'
import {
  anthropicProfile,
  type CredentialFiles,
  otherCredential,
  profilePlace,
  standInCredential,
} from '../login/credentials.js'
import type { Actor } from '../login/journal.js'
import { readLoginFile } from '../login/login-file.js'
import { emptyMemory, readMemory } from '../login/memory.js'
import { findClient } from '../login/real-client.js'
import { type LocalStore, localStore } from '../store/local.js'
import { type OpenOptions, openStore } from '../store/open.js'
import { keyFileOf } from '../store/seal.js'
import { type Env, type LoginPaths, ownPaths } from '../system/paths.js'
import { processFacts } from '../system/processes.js'
import type { Person } from '../system/users.js'
import { freshNonce, makePrivateFolder } from '../system/write-file.js'
import { distrustTrouble, type LoginContext } from './login-context.js'
import { commit, type Run } from './run.js'

export interface StartOptions {
  env: Env
  /** The folder the client is started in: its settings there count. */
  cwd: string
  actor: Actor
  forced: boolean
  offline: boolean
  /** Read-only: nothing is launched or written, no key is made, and no access to the store is renewed. */
  readOnly?: boolean
  /** The user has just signed in. */
  signedIn: boolean
  /** The real client if the caller knows it; else it is searched for. */
  client: string | null
  /** The client was chosen for this run only: by `$CLAUDE_AUTH_CLIENT`, or as the argument of claude-wrap. */
  isClientChosen: boolean
  /** Just before `configOf` was called: a configuration changed since then is not the one in force. */
  configReadAtMs: number
}

/** A run, ready for `ensure`. The caller is inside the gate of `place`, unless it only looks. */
export async function startRun(
  place: LoginContext,
  inForce: Config,
  options: StartOptions,
): Promise<Run> {
  const { person, paths, owned } = place
  const { env, cwd, readOnly = false } = options
  const own = ownPaths(env, person.home)
  if (owned && inForce.mode !== 'off' && !readOnly)
    for (const folder of [paths.folder, paths.state]) makePrivateFolder(folder)
  const settings = owned
    ? await readClientSettings({ folder: settingsFolder(env, person.home), cwd })
    : noSettings
  const credentials: CredentialFiles = {
    profile: owned ? anthropicProfile(profilePlace(env, settings, person.home)) : null,
    storedKey: owned && hasStoredKey(paths.clientConfig) ? paths.clientConfig : null,
  }
  const nonce = freshNonce
  const memory = owned ? readMemory(paths.stateFile, { orEmpty: readOnly }) : emptyMemory
  const local = localStore(
    {
      folder: own.localStore,
      name: inForce.profile ?? 'default',
      keyFile: inForce.local.keyFile,
      earlierKeyFile: keyFileOf(memory.keyDigest),
      readOnly,
      uid: person.uid,
      nonce,
      randomBytes,
    },
    hash => run.memory.spent.includes(hash),
  )
  const config = owned ? servable(inForce, local) : inForce
  const network = networkOf(env, settings)
  // What is still sealed after sole custody goes back before the store is left.
  const isLeft = owned && config.store === 'none' && isToBeHandedBack(place, own.localStore)
  const opening: OpenOptions = {
    person,
    network,
    local,
    offline: options.offline,
    readOnly,
    now: Date.now,
    session: memory.storeSession,
    commit: storeSession => commit(run, { memory: { storeSession } }),
    wasReached: memory.lookedAtMs !== null || memory.othersSeenAtMs !== null,
  }
  const run: Run = {
    config,
    person,
    paths,
    env,
    owned,
    distrust: distrustTrouble(place),
    memory,
    network,
    store: isLeft ? local : owned ? await openStore(config, opening) : null,
    sealer: local.sealer,
    key: local,
    actor: options.actor,
    otherCredential: otherCredential(env, settings, credentials),
    standIn: standInCredential(env, settings, credentials),
    forced: options.forced,
    offline: options.offline,
    readOnly,
    doubtedAtMs: null,
    signedIn: options.signedIn,
    would: null,
    configFiles: {
      systemConfig: own.systemConfig,
      userConfig: own.userConfig,
      configReadAtMs: options.configReadAtMs,
    },
    client: options.client ?? (readOnly ? null : findClient(env, config.client)),
    isClientChosen: options.isClientChosen,
    locks: {
      folder: paths.folder,
      state: paths.state,
      process: processFacts(process.pid),
      now: Date.now,
      sleep,
      nonce,
    },
    now: Date.now,
    sleep,
    nonce,
    instance: instanceOf(person, paths),
    random: Math.random,
    storeRead: null,
    tried: [],
    alert: 'off',
    lostNeighbours: false,
    tlsTrouble: null,
    custodyTrouble: null,
  }
  return run
}

/** Without the sealed store's key no refresh token goes there: the login file keeps it. */
function servable(config: Config, local: LocalStore): Config {
  const why = config.store === 'none' ? null : local.keyTrouble()
  if (why === null) return config
  const what = `${why.cause}, so no login is sealed, and the login file keeps its refresh token`
  const misfit = { key: 'local.keyFile', what, hint: why.command ?? 'claude-auth doctor' }
  return { ...config, custody: 'shared', misfits: [...config.misfits, misfit] }
}

/** A stable id of this login folder on this host, which reveals neither. */
function instanceOf({ host }: Person, { folder }: LoginPaths): string {
  const { pidDomain } = processFacts(process.pid)
  const machine = pidDomain.split(':')[1] ?? ''
  return createHash('sha256').update(`${machine}\n${host}\n${folder}`).digest('hex').slice(0, 16)
}

/** `store: none` after sole custody: the refresh token is still in the sealed store, and goes back first. */
function isToBeHandedBack(
  { paths, person }: Pick<LoginContext, 'paths' | 'person'>,
  localStore: string,
): boolean {
  const file = readLoginFile(paths.loginFile, person.uid)
  const isWithout = file.kind === 'login' && file.login.refreshToken === null
  return isWithout && file.login.expiresAtMs !== null && existsSync(localStore)
}
