// The configuration as the rest of the program sees it, and how the two files become it: the machine's pins, defaults, units,
// templates, the roster, and what does not go together.

import type { Custody } from '../policy/outcome.js'
import { endpointExpected, endpointOrigin } from '../system/endpoint.js'
import { isObject } from '../system/json.js'
import { hourMs } from '../system/time.js'
import type { Person } from '../system/users.js'
import { fraction } from '../text/durations.js'
import {
  type BaseConfig,
  type FleetConfig,
  type OffboardConfig,
  type RosterFromConfig,
  resolveBase,
  resolveChanges,
  resolveFleet,
  resolveOffboard,
  resolveRosterFrom,
  type WatchedRepository,
} from './admin.js'
import { type AlertsConfig, resolveAlerts } from './alerts.js'
import { type Report, type Resolving, resolving } from './forms.js'
import { type IdentityConfig, resolveIdentity } from './identity.js'
import { keyPath, type Misfit, type Path } from './problem.js'
import { type Profile, profileOf, resolveProfiles } from './profiles.js'
import type { RosterEntry } from './roster.js'
import type { ConfigFile } from './schema.js'
import { userPath } from './template.js'
import { resolveVault, resolveVaultServer, type VaultConfig, type VaultServer } from './vault.js'

/** Times are milliseconds, paths absolute, e-mail and UUIDs in lower case. No secret is ever in it. */
export interface Config {
  mode: 'on' | 'observe' | 'off'
  /** Why `mode` is off, and the file that says so; null unless it is off. */
  off: {
    because: 'left' | 'config' | 'not-enrolled' | 'parked' | 'folder-not-listed'
    file: string | null
  } | null
  /** The real client, where the configuration names it. */
  client: string | null
  identity: IdentityConfig
  /** Whether this user stands in the roster; null without one. */
  roster: { file: string; listed: boolean } | null
  credential: 'login' | 'long-lived'
  store: 'local' | 'vault' | 'none'
  /** Null unless `store` is `vault`, and where no document can be named for this user: `misfits` tells why. */
  vault: VaultConfig | null
  /** The Vault of the site, whatever this user's store is; null where none is configured, or not as can be used. */
  vaultServer: VaultServer | null
  local: { keyFile: string | null }
  custody: Custody
  renewal: {
    via: 'grant' | 'client'
    /** The part of a token's life after which it is renewed, 0.5 for half of it. */
    renewAt: number
    verifyEveryMs: number
    launchWaitMs: number
  }
  alerts: AlertsConfig
  /** Null: `prompt` where stdin and stderr are terminals and it is no `-p`, else `continue`. */
  onSignInRequired: 'continue' | 'fail' | 'prompt' | null
  endpoints: { oauth: string; api: string }
  /** The name of the login folder in use: `default` for `~/.claude`, else as listed, else null (and `off`). */
  profile: string | null
  profiles: readonly Profile[]
  fleet: FleetConfig
  rosterFrom: RosterFromConfig | null
  offboard: OffboardConfig
  changes: readonly WatchedRepository[]
  base: BaseConfig
  /** Keys of the user's file that the machine's file has overruled (`identity.email`). */
  overruled: readonly string[]
  /** Settings that do not fit this user or this machine: each turned off what it is about, and nothing else. */
  misfits: readonly Misfit[]
}

/** Under these keys every value that the machine's file sets stands; elsewhere the user's wins. */
const pinnedKeys = [
  'identity',
  'roster',
  'vault',
  'alerts',
  'endpoints',
  'fleet',
  'rosterFrom',
  'offboard',
  'changes',
  'base',
] as const

/** Servers that say whose a login is: where the machine's file pins that, it alone names them. */
const authorities = ['endpoints.api', 'endpoints.oauth']

interface MergedConfig {
  data: ConfigFile
  /** Keys that the user's file sets in vain, because the machine's has another value. */
  overruled: string[]
  /** True when the value at `path` (or one below it) is the user's. */
  isUsers(path: Path): boolean
}

/**
 * Maps are merged key by key, lists taken whole. The machine's `mode: off` stands too, and where the machine
 * sets `mode` at all a user can't set `off`: its alerts would be silenced. Where the machine says whose a login must be,
 * the servers that tell it are the machine's or the standard ones. Its `renewal.via: client` stands: there no program
 * but the client may ask the token endpoint.
 */
export function mergeConfig(system: ConfigFile, user: ConfigFile): MergedConfig {
  const overruled: string[] = []
  const users = new Set<string>()
  const isAuthority = (path: Path) => pinsIdentity(system) && authorities.includes(keyPath(path))

  const merge = (ours: unknown, theirs: unknown, path: Path): unknown => {
    if (theirs === undefined) return ours
    if (isObject(theirs) && (ours === undefined || isObject(ours))) {
      const keys = new Set([...Object.keys(ours ?? {}), ...Object.keys(theirs)])
      const inner = [...keys].map(key => [key, merge(ours?.[key], theirs[key], [...path, key])])
      return Object.fromEntries(inner)
    }
    if (isAuthority(path) || (ours !== undefined && isPinned(path, ours, theirs))) {
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) overruled.push(keyPath(path))
      return ours
    }
    users.add(keyPath(path))
    return theirs
  }

  const data = merge(withAuthMethod(system), user, []) as ConfigFile
  const isUsers = (path: Path) => {
    const wanted = keyPath(path)
    return [...users].some(
      key => key === wanted || key.startsWith(`${wanted}.`) || wanted.startsWith(`${key}[`),
    )
  }
  return { data, overruled, isUsers }
}

function pinsIdentity({ identity = {}, roster }: ConfigFile): boolean {
  return Object.keys(identity).length > 0 || roster !== undefined
}

function isPinned(path: Path, ours: unknown, theirs: unknown): boolean {
  if (path[0] === 'mode') return ours === 'off' || theirs === 'off'
  if (keyPath(path) === 'renewal.via') return ours === 'client'
  return pinnedKeys.some(key => key === path[0])
}

// A token file means the method `token`: another method of the user must not replace it.
function withAuthMethod(system: ConfigFile): ConfigFile {
  const auth = system.vault?.auth
  if (!auth || auth.method) return system
  return { ...system, vault: { ...system.vault, auth: { method: 'token', ...auth } } }
}

/** The merged files, and what is known beside them. */
export interface ResolveInputs {
  merged: MergedConfig
  /** The machine's file alone: a user's roster must not outweigh what it pins. */
  system: ConfigFile
  systemPath: string
  userPath: string
  roster: { file: string; entry: RosterEntry | null } | null
  person: Person
  folder: string
  vaultToken: string
  report: Report
  misfit: Report
}

/**
 * Never throws. What makes the whole unusable goes to `report`; what does not fit this user goes to `misfit`, and is
 * off or at its default in the result. `misfits` is left empty: only the caller knows where each stands.
 */
export function resolveConfig(inputs: ResolveInputs): Config {
  const { merged, system, person, report } = inputs
  const entry = inputs.roster?.entry ?? null
  const { data } = merged
  const profiles = resolveProfiles(data.profiles ?? [], person.home, inputs.misfit)
  const profile = profileOf(inputs.folder, profiles, person.home)
  const { user, uid, host } = person
  const to = resolving(
    { ...inputs, isUsers: merged.isUsers },
    { user, uid: String(uid), host, profile: profile ?? 'default' },
  )

  const off = offBecause(inputs, profile)
  // In a folder that is not ours to look after, there is no store to write to either.
  const store = profile === null ? 'none' : (data.store ?? 'local')
  const custody = store === 'none' ? 'shared' : (data.custody ?? 'shared')
  // An error within one file; across files `store: none` wins.
  const isOneFiles = (other: string[]) => merged.isUsers(['custody']) === merged.isUsers(other)
  if (data.store === 'none' && data.custody === 'sole' && isOneFiles(['store']))
    report(['custody'], 'expected shared, because store: none has no place for the refresh token')
  if (data.store === 'none' && data.credential === 'long-lived')
    report(['credential'], 'expected login, because store: none has no place for the token')
  const via = data.renewal?.via ?? 'grant'
  if (via === 'client' && data.custody === 'sole')
    report(
      ['renewal', 'via'],
      'expected grant, because custody: sole hides the refresh token from the client',
    )
  const ofVault = {
    said: data.vault ?? {},
    isMachines: system.vault !== undefined,
    listedName: entry?.vault_name,
    isMethodOverruled: merged.overruled.includes('vault.auth.method'),
    tokenFile: inputs.vaultToken,
  }
  const vault = store === 'vault' ? resolveVault(ofVault, to) : null
  if (via === 'client' && vault?.isPerHost === false)
    report(
      ['renewal', 'via'],
      "expected grant, or {host} in vault.path, else two hosts' clients spend each other's token",
    )

  return {
    mode: off ? 'off' : (data.mode ?? 'on'),
    off,
    client: to.file(['client'], data.client),
    identity: resolveIdentity(
      { said: data.identity ?? {}, machines: system.identity ?? {}, listed: entry },
      to,
    ),
    roster: inputs.roster && { file: inputs.roster.file, listed: inputs.roster.entry !== null },
    credential: data.credential ?? 'login',
    store,
    vault,
    vaultServer: vaultServerOf(data.vault, to),
    local: { keyFile: keyFile(to, data.local?.keyFile, person.home) },
    custody,
    renewal: {
      via,
      renewAt: fraction(data.renewal?.at ?? '50%') ?? 0.5,
      verifyEveryMs: to.duration(['renewal', 'verifyEvery'], data.renewal?.verifyEvery, {
        defaultMs: hourMs,
        min: '1m',
        max: '30d',
      }),
      launchWaitMs: to.duration(['renewal', 'launchWait'], data.renewal?.launchWait, {
        defaultMs: 10_000,
        min: '1s',
        max: '2m',
      }),
    },
    alerts: resolveAlerts(data.alerts ?? {}, system.alerts ?? {}, to),
    onSignInRequired: data.onSignInRequired ?? null,
    endpoints: {
      oauth: endpoint(to, 'oauth', data.endpoints?.oauth, 'https://platform.claude.com'),
      api: endpoint(to, 'api', data.endpoints?.api, 'https://api.anthropic.com'),
    },
    profile,
    profiles,
    fleet: resolveFleet(data.fleet ?? {}, vault?.vaultName ?? entry?.vault_name ?? user, to),
    rosterFrom: resolveRosterFrom(data.rosterFrom),
    offboard: resolveOffboard(data.offboard ?? {}, person.home, to),
    changes: resolveChanges(data.changes ?? [], inputs.misfit),
    base: resolveBase(data.base ?? {}, to),
    overruled: merged.overruled,
    misfits: [],
  }
}

function offBecause(inputs: ResolveInputs, profile: string | null): Config['off'] {
  const { merged, roster } = inputs
  if (merged.data.mode === 'off')
    return {
      because: 'config',
      file: merged.isUsers(['mode']) ? inputs.userPath : inputs.systemPath,
    }
  // Where the machine sets `mode`, a roster of the user's own switches nothing off either.
  const mayRosterStop = inputs.system.mode === undefined || !merged.isUsers(['roster'])
  if (roster && mayRosterStop) {
    if (roster.entry?.claude_auth === false) return { because: 'not-enrolled', file: roster.file }
    if (roster.entry?.parked) return { because: 'parked', file: roster.file }
  }
  return profile === null ? { because: 'folder-not-listed', file: null } : null
}

/** Errors in a `vault` section that is not used are not reported. */
function vaultServerOf(said: ConfigFile['vault'], to: Resolving): Config['vaultServer'] {
  if (said?.address === undefined) return null
  return resolveVaultServer(said, to.silent())
}

/** A key elsewhere that can't be named is one that is missing: in its place none may be made. */
function keyFile(to: Resolving, text: string | undefined, home: string): string | null {
  const path = to.file(['local', 'keyFile'], text)
  return path ?? (text === undefined ? null : userPath(text, home))
}

function endpoint(
  to: Resolving,
  name: 'oauth' | 'api',
  text: string | undefined,
  standard: string,
): string {
  if (text === undefined) return standard
  const origin = endpointOrigin(text)
  if (origin === null) to.report(['endpoints', name], `expected ${endpointExpected}`)
  return origin ?? standard
}
