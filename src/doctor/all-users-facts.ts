// What there is of an installation for all users of this machine: what install left, which timers run, whose logins are renewed.

import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { SinkState } from '../alerts/sink.js'
import { type BaseState, baseState } from '../base/state.js'
import { type Config, configProblems, loadConfig } from '../config/config.js'
import { prepare } from '../install/execute.js'
import { type Manifest, readManifest } from '../install/manifest.js'
import { hookEvents } from '../install/shipped.js'
import { systemFacts } from '../install/system-facts.js'
import { systemConfig, systemManifest, systemPlan, systemProgram } from '../install/system-plan.js'
import { findClient } from '../login/real-client.js'
import { canRun } from '../system/access.js'
import { isObject, jsonObject } from '../system/json.js'
import { namesIn, textAt } from '../system/open-file.js'
import { type Env, ownPaths } from '../system/paths.js'
import { isWrapper } from '../system/program-places.js'
import { askProgram, runTool, systemPath } from '../system/start-program.js'
import { AuthError } from '../system/trouble.js'
import { type Person, statInHomes, usersWithLogins } from '../system/users.js'
import { version } from '../version.js'
import { sinkStates } from './alerts.js'

/** Why something is not known: only root may look. */
export type Known<T> = T | 'needs-root'

export interface SystemUser {
  name: string
  by: 'own-timer' | 'machine-timer' | 'nobody'
  /** Their own client, where the machine has none on every PATH; null: none found. */
  client: string | null
}

export interface AllUsersFacts {
  isRoot: boolean
  /** The manifest of install; `none`: not installed. */
  installed: Known<'none' | 'unfinished' | { version: string }>
  /** The program in use, by its own answer; null: it is not there or does not start. */
  runs: string | null
  /** Places that are not as install left them. */
  changed: Known<string[]>
  wrapper: { path: string; kind: 'wrapper' | 'client' | 'other' | 'none' }
  /** The folder of the wrapper comes first in login shells. */
  hasProfile: boolean
  hooks: {
    file: string
    kind: 'none' | 'broken' | 'whole'
    missing: string[]
    dangling: string | null
  }
  /** Other managed settings that the client can't read: it does not start. */
  brokenSettings: string | null
  /** A new home gets hooks and wrapper. */
  hasSkel: boolean
  timer: {
    kind: 'active' | 'stopped' | 'missing' | 'no-systemd' | 'unknown'
    failed: string | null
  }
  /** What writes page and textfile of the fleet; null where neither is configured. */
  fleetTimer: AllUsersFacts['timer'] | null
  /** Every user's session starts a timer of its own. */
  hasUserTimer: boolean
  users: Known<SystemUser[]>
  /** False: the directory of users gave no answer, so some of `users` may be missing. */
  hasEveryUser: boolean
  /** On the PATH of every user. */
  client: string | null
  config:
    | { kind: 'good'; config: Config; exists: boolean }
    | { kind: 'wrong'; message: string; more: number; hint: string }
  /** Where messages go. */
  alerts: SinkState[]
  /** The shared skills, rules, agents and commands; null: no folder is named. */
  base: BaseState | null
}

const answerMs = 10_000
const maxBytes = 1024 * 1024
const managedFolder = '/etc/claude-code'
const program = join(systemProgram, 'current')
const wrapperPath = '/usr/local/bin/claude'

/** Reads with the caller's rights; what only root may see is `needs-root`. Changes nothing. */
export async function allUsersFacts(env: Env, person: Person): Promise<AllUsersFacts> {
  const isRoot = process.geteuid?.() === 0
  const manifest = isRoot ? readManifest(systemManifest, 0) : 'needs-root'
  const config = await machineConfig(env, person)
  const timer = machineTimer('claude-auth-users')
  const known = isRoot ? await usersHere(timer.kind === 'active') : null
  return {
    isRoot,
    installed: installedAs(manifest),
    runs: await versionOf(join(program, 'bin/claude-auth')),
    changed: manifest === 'needs-root' ? manifest : await changedPlaces(manifest),
    wrapper: { path: wrapperPath, kind: kindOf(wrapperPath) },
    hasProfile: existsSync('/etc/profile.d/claude-auth.sh'),
    hooks: managedHooks(),
    brokenSettings: brokenSettings(),
    hasSkel: existsSync('/etc/skel/.claude/settings.json'),
    timer,
    fleetTimer: writesFleet(config) ? machineTimer('claude-auth-fleet') : null,
    hasUserTimer: existsSync('/etc/systemd/user/timers.target.wants/claude-auth.timer'),
    users: known?.users ?? 'needs-root',
    hasEveryUser: known?.isWhole ?? true,
    client: findClient({ PATH: `/usr/local/bin:${systemPath}`, HOME: '/nonexistent' }, null),
    config,
    alerts: config.kind === 'good' ? await sinkStates({ config: config.config, person }) : [],
    base: baseState(baseFolder(config, manifest)),
  }
}

/** The one that is updated, else the one that install has linked into new homes. */
function baseFolder(
  config: AllUsersFacts['config'],
  manifest: Known<Manifest | null>,
): string | null {
  const configured = config.kind === 'good' ? config.config.base.folder : null
  if (configured !== null || manifest === null || manifest === 'needs-root') return configured
  return manifest.choices.base
}

function installedAs(manifest: Known<Manifest | null>): AllUsersFacts['installed'] {
  if (manifest === 'needs-root') return existsSync(program) ? manifest : 'none'
  if (manifest === null) return 'none'
  return manifest.complete ? { version: manifest.version } : 'unfinished'
}

async function versionOf(path: string): Promise<string | null> {
  const said = await askProgram(path, ['--version'], {
    env: { PATH: systemPath },
    timeoutMs: answerMs,
  })
  const found =
    said.kind === 'ended' && said.code === 0 ? /\d+\.\d+\.\d+\S*/.exec(said.stdout) : null
  return found?.[0] ?? null
}

/** What a second `install --system` would put right. */
async function changedPlaces(manifest: Manifest | null): Promise<string[]> {
  if (manifest === null) return []
  const { choices } = manifest
  try {
    const asked = { prefix: '', version, choices, config: null }
    const { facts } = await systemFacts(asked, manifest)
    const site = { prefix: '', manifest: systemManifest, uid: 0, gid: 0 }
    return prepare(site, systemPlan(facts)).changes.map(({ path }) => path)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return [error.message]
  }
}

function kindOf(path: string): AllUsersFacts['wrapper']['kind'] {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 'none'
  if (isWrapper(path)) return 'wrapper'
  return canRun(path) ? 'client' : 'other'
}

function managedHooks(): AllUsersFacts['hooks'] {
  const file = join(managedFolder, 'managed-settings.d/claude-auth.json')
  const text = textAt(file, { maxBytes })
  if (text === null) return { file, kind: 'none', missing: [], dangling: null }
  const hooks = jsonObject(text)?.['hooks']
  if (!isObject(hooks)) return { file, kind: 'broken', missing: [], dangling: null }
  const programs = [...JSON.stringify(hooks).matchAll(/"command":"(\/[^" ]+)/g)].map(
    ([, path = '']) => path,
  )
  return {
    file,
    kind: 'whole',
    missing: hookEvents.filter(event => hooks[event] === undefined),
    dangling: programs.find(path => !canRun(path)) ?? null,
  }
}

/** The client refuses to start where a managed file is malformed (2.1.330). */
function brokenSettings(): string | null {
  const dropIns = join(managedFolder, 'managed-settings.d')
  const files = [
    join(managedFolder, 'managed-settings.json'),
    ...namesIn(dropIns)
      .filter(name => name.endsWith('.json'))
      .map(name => join(dropIns, name)),
  ]
  return (
    files.find(file => {
      const text = textAt(file, { maxBytes })
      return text !== null && jsonObject(text) === null
    }) ?? null
  )
}

/** Does the configuration say that the view of all logins is written? */
function writesFleet(config: AllUsersFacts['config']): boolean {
  if (config.kind === 'wrong') return false
  const { textfile, page } = config.config.fleet
  return textfile !== null || page !== null
}

function machineTimer(unit: string): AllUsersFacts['timer'] {
  if (!existsSync('/run/systemd/system')) return { kind: 'no-systemd', failed: null }
  const { code, stdout } = runTool(
    'systemctl',
    ['show', `${unit}.timer`, '--property=LoadState,ActiveState'],
    answerMs,
  )
  if (code !== 0) return { kind: 'unknown', failed: null }
  if (!/^LoadState=loaded$/m.test(stdout)) return { kind: 'missing', failed: null }
  const last = runTool('systemctl', ['show', `${unit}.service`, '--property=Result'], answerMs)
  const result = /^Result=(.*)$/m.exec(last.stdout)?.[1] ?? 'success'
  return {
    kind: /^ActiveState=active$/m.test(stdout) ? 'active' : 'stopped',
    failed: ['', 'success', 'exec-condition'].includes(result) ? null : result,
  }
}

/** Each user with a login folder, and what renews their login between launches. */
async function usersHere(isTimed: boolean): Promise<{ users: SystemUser[]; isWhole: boolean }> {
  const { users: accounts, isWhole } = await usersWithLogins()
  const { code, stdout } = runTool('/bin/sh', [join(program, 'bin/login-users.sh')], 60_000)
  // Names, or numbers where a name is no plain one.
  const unattended = new Set(code === 0 ? stdout.split('\n') : [])
  const clients = await ownClients(accounts.map(({ home }) => home))
  const users = accounts.map(({ name, uid }, at): SystemUser => {
    const isLeft = unattended.has(name) || unattended.has(String(uid))
    const hasManager = existsSync(`/run/user/${uid}/systemd/private`)
    const byMachine = isLeft && isTimed
    return {
      name,
      by: byMachine ? 'machine-timer' : !isLeft && hasManager ? 'own-timer' : 'nobody',
      client: clients[at] ?? null,
    }
  })
  return { users, isWhole }
}

/** Where the client's own installers put it. Only whether it is there: nothing in a home is read or started. */
async function ownClients(homes: readonly string[]): Promise<(string | null)[]> {
  const places = (home: string) => [
    join(home, '.local/share/claude/versions'),
    join(home, '.claude/local/claude'),
  ]
  const seen = await statInHomes(homes.flatMap(places))
  return homes.map(home => places(home).find(path => typeof seen.get(path) === 'object') ?? null)
}

async function machineConfig(env: Env, person: Person): Promise<AllUsersFacts['config']> {
  const { configFolder } = ownPaths(env, person.home)
  const paths = { systemConfig, userConfig: '/nonexistent/claude-auth.yaml', configFolder }
  try {
    const config = await loadConfig({ paths, env: {}, person })
    return { kind: 'good', config, exists: existsSync(systemConfig) }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const more = Math.max(0, configProblems(error).length - 1)
    return { kind: 'wrong', message: error.message, more, hint: error.hint }
  }
}
