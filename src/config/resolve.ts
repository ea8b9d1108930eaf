// The merged file as a `Config`: defaults, units, templates, the roster, and what does not go together.

import { endpointExpected, endpointOrigin } from '../system/endpoint.js'
import type { Person } from '../system/users.js'
import { fraction } from '../text/durations.js'
import { resolveAlerts } from './alerts.js'
import { resolveBase } from './base.js'
import { resolveChanges } from './changes.js'
import { resolveFleet } from './fleet.js'
import { resolveIdentity } from './identity.js'
import type { MergedConfig } from './merge.js'
import { resolveOffboard } from './offboard.js'
import { profileOf, resolveProfiles } from './profiles.js'
import type { Config } from './resolved.js'
import { type Report, type Resolving, resolving } from './resolving.js'
import type { RosterEntry } from './roster.js'
import { resolveRosterFrom } from './roster-from.js'
import type { ConfigFile } from './schema.js'
import { userPath } from './template.js'
import { resolveVault, resolveVaultServer } from './vault.js'

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
        defaultMs: 3_600_000,
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
