// The merged file as a `Config`: defaults, units, templates, the roster, and what does not go together.

import { fraction } from '../duration.js'
import { endpointExpected, endpointOrigin } from '../endpoint.js'
import { resolveAlerts } from './alerts.js'
import { resolveIdentity } from './identity.js'
import { profileOf, resolveProfiles } from './profile.js'
import type { Config } from './resolved.js'
import { type ResolveInputs, type Resolving, resolving } from './resolving.js'
import { userPath } from './template.js'
import { resolveVault } from './vault.js'

/**
 * Never throws. What makes the whole unusable goes to `report`; what does not fit this user goes to `misfit`, and is
 * off or at its default in the result. `misfits` is left empty: only the caller knows where each stands.
 */
export function resolveConfig(inputs: ResolveInputs): Config {
  const { merged, person, report } = inputs
  const { data } = merged
  const profiles = resolveProfiles(data.profiles ?? [], person.home, inputs.misfit)
  const profile = profileOf(inputs.folder, profiles, person.home)
  const { user, uid, host } = person
  const to = resolving(inputs, { user, uid: String(uid), host, profile: profile ?? 'default' })

  const off = offBecause(inputs, profile)
  // In a folder that is not ours to look after, there is no store to write to either.
  const store = profile === null ? 'none' : (data.store ?? 'local')
  const custody = store === 'none' ? 'shared' : (data.custody ?? 'shared')
  // Said in one file, the two are a mistake; else whoever has no store has chosen.
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
  const vault = store === 'vault' ? resolveVault(inputs, to) : null
  if (via === 'client' && vault?.isPerHost === false)
    report(
      ['renewal', 'via'],
      "expected grant, or {host} in vault.path, else two hosts' clients spend each other's token",
    )

  return {
    mode: off ? 'off' : (data.mode ?? 'on'),
    off,
    client: to.file(['client'], data.client),
    identity: resolveIdentity(inputs, to),
    roster: inputs.roster && { file: inputs.roster.file, listed: inputs.roster.entry !== null },
    credential: data.credential ?? 'login',
    store,
    vault,
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
    alerts: resolveAlerts(to, isAddedWarning(inputs)),
    onSignInRequired: data.onSignInRequired ?? null,
    endpoints: {
      oauth: endpoint(to, 'oauth', 'https://platform.claude.com'),
      api: endpoint(to, 'api', 'https://api.anthropic.com'),
    },
    profile,
    profiles,
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

/** Is the list of early warnings a user's, for a channel that the machine's file names? */
function isAddedWarning({ merged, system }: ResolveInputs): boolean {
  const { slack, teams, email, command } = system.alerts ?? {}
  const isTold = [slack, teams, email, command].some(sink => sink !== undefined)
  return isTold && merged.isUsers(['alerts', 'beforeLoginEnds'])
}

/** A key elsewhere that can't be named is one that is missing: in its place none may be made. */
function keyFile(to: Resolving, text: string | undefined, home: string): string | null {
  const path = to.file(['local', 'keyFile'], text)
  return path ?? (text === undefined ? null : userPath(text, home))
}

function endpoint(to: Resolving, name: 'oauth' | 'api', standard: string): string {
  const text = to.data.endpoints?.[name]
  if (text === undefined) return standard
  const origin = endpointOrigin(text)
  if (origin === null) to.report(['endpoints', name], `expected ${endpointExpected}`)
  return origin ?? standard
}
