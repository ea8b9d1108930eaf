// The merged file as a `Config`: defaults, units, templates, the roster, and what does not go together.

import { isAbsolute, join, normalize } from 'node:path'
import { endpointExpected, endpointOrigin } from '../system/endpoint.js'
import { durationMs, fraction } from '../text/durations.js'
import type { Path } from './problem.js'
import type { Config } from './resolved.js'
import { type ResolveInputs, type Resolving, resolving } from './resolving.js'
import type { ConfigFile } from './schema.js'
import { fillIn, shown, userPath } from './template.js'
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

// Whose login this user's must be: the roster's word before the files', the machine's file before a user's roster.

const address = /^[^\s@{}]+@[^\s@{}]+$/

/** E-mail and UUIDs in lower case, null where nothing is said. */
function resolveIdentity(inputs: ResolveInputs, to: Resolving): Config['identity'] {
  const { merged, roster } = inputs
  const isUsersRoster = merged.isUsers(['roster'])
  const said = merged.data.identity ?? {}
  const machines = inputs.system.identity ?? {}
  const outweighs = (ofMachine: string | undefined) => !(isUsersRoster && ofMachine)
  const pick = (
    own: string | undefined,
    ofMachine: string | undefined,
    listed: string | undefined,
  ) => (listed !== undefined && outweighs(ofMachine) ? listed : own)?.toLowerCase() ?? null

  const entry = roster?.entry
  // What the roster says need not be made out of the user's name.
  const isListed = entry?.email !== undefined && outweighs(machines.email)
  const wanted = (isListed ? entry.email : emailOf(said.email, to))?.toLowerCase() ?? null
  return {
    organizationUuid: pick(
      said.organizationUuid,
      machines.organizationUuid,
      entry?.organization_uuid,
    ),
    email: wanted,
    accountUuid: pick(said.accountUuid, machines.accountUuid, entry?.account_uuid),
    isEmailPinned: wanted !== null && isEmailPinned(inputs),
  }
}

/** By its file or its roster: then the address must fit, whatever else is said of the account. */
function isEmailPinned({ merged, system, roster }: ResolveInputs): boolean {
  const isListed = !merged.isUsers(['roster']) && roster?.entry?.email !== undefined
  return isListed || system.identity?.email !== undefined
}

function emailOf(text: string | undefined, to: Resolving): string | undefined {
  if (text === undefined) return undefined
  const filled = fillIn(text, to.names, 'any')
  if ('expected' in filled) to.misfit(['identity', 'email'], filled.expected)
  else if (!address.test(filled.value))
    to.misfit(
      ['identity', 'email'],
      `expected an e-mail address once the names are filled in, got ${shown(filled.value)}`,
    )
  else return filled.value
  return undefined
}

// Who is told, and how early: the resolved `alerts`.

const standardWarnings = ['7d', '3d', '1d']

/**
 * Early warnings come longest first, each once. Where the machine's file says who is told, but not how early, a user's list
 * (`isAddition`) adds to the standard one: with an empty list nobody would be warned there.
 */
function resolveAlerts(to: Resolving, isAddition: boolean): Config['alerts'] {
  const said = to.data.alerts ?? {}
  const { slack, teams, email, command, runbook, beforeLoginEnds = standardWarnings } = said
  const isRunnable = command === undefined || isAbsolute(command[0] ?? '')
  if (!isRunnable) to.misfit(['alerts', 'command', 0], 'expected the full path of a program')
  const rule = { defaultMs: 0, min: '1h', max: '365d' }
  const before = beforeLoginEnds
    .map((text, at) => to.duration(['alerts', 'beforeLoginEnds', at], text, rule))
    .filter(ms => ms > 0)
  const added = isAddition
    ? standardWarnings.map(text => durationMs(text) ?? 0).filter(ms => !before.includes(ms))
    : []
  const webhook = (name: 'slack' | 'teams', file: string | undefined) => {
    const webhookFile = to.file(['alerts', name, 'webhookFile'], file)
    return webhookFile === null ? null : { webhookFile }
  }
  return {
    slack: webhook('slack', slack?.webhookFile),
    teams: webhook('teams', teams?.webhookFile),
    email: email === undefined ? null : resolveEmail(to, email),
    command: isRunnable ? (command ?? null) : null,
    runbook: runbook ?? null,
    beforeLoginEndsMs: [...new Set([...before, ...added])].sort((a, b) => b - a),
  }
}

type EmailText = NonNullable<NonNullable<ConfigFile['alerts']>['email']>

function resolveEmail(to: Resolving, email: EmailText): Config['alerts']['email'] {
  const address = (key: string, text: string) => {
    const filled = fillIn(text, to.names, 'file')
    const value = 'value' in filled ? filled.value : null
    if (value !== null && isPlainAddress(value)) return [value]
    const expected = 'expected' in filled ? filled.expected : 'expected an e-mail address'
    to.misfit(['alerts', 'email', key], expected)
    return []
  }
  if ((email.to ?? []).length === 0)
    to.misfit(['alerts', 'email'], 'expected `to`: who gets the message')
  const recipients = [email.to ?? []].flat().flatMap(text => address('to', text))
  const [from = null] = email.from === undefined ? [] : address('from', email.from)
  const sendmail = to.file(['alerts', 'email', 'sendmail'], email.sendmail)
  return recipients.length === 0 ? null : { to: recipients, from, sendmail }
}

/** An address that can stand in a header and as an argument as it is: without name, quotes or list (RFC 5322 `dot-atom`). */
function isPlainAddress(text: string): boolean {
  return /^[\w.!#$%&'*+/=?^`|~][\w.!#$%&'*+/=?^`|~-]*@[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text)
}

// Which login folders are looked after, and which of them is in use.

/** The folders beside `~/.claude`, absolute and as the client spells them (NFC). One whose name or folder another has is left out. */
function resolveProfiles(
  listed: NonNullable<ConfigFile['profiles']>,
  home: string,
  misfit: (path: Path, what: string) => void,
): Config['profiles'] {
  const names = new Set(['default'])
  const folders = new Set([join(home, '.claude')])
  return listed.flatMap(({ name, folder: text }, at) => {
    const folder = userPath(text, home).normalize('NFC')
    const isTaken = names.has(name) || folders.has(folder)
    if (names.has(name))
      misfit(['profiles', at, 'name'], 'expected a name that no other profile has')
    if (folders.has(folder))
      misfit(['profiles', at, 'folder'], 'expected a folder that no other profile has')
    names.add(name)
    folders.add(folder)
    return isTaken ? [] : [{ name, folder }]
  })
}

/** `default` for `~/.claude`, the name of a listed folder, or null for one that is not ours to manage. */
function profileOf(folder: string, profiles: Config['profiles'], home: string): string | null {
  const wanted = normalize(`${folder}/`).slice(0, -1)
  if (wanted === normalize(join(home, '.claude'))) return 'default'
  return profiles.find(profile => profile.folder === wanted)?.name ?? null
}
