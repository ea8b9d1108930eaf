// Which credential other than the login signs the client's requests, if any.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isObject, jsonObject, stringOf } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { isOnTrustedWay } from '../system/trusted-path.js'
import type { ClientSettings } from './client-settings.js'
import {
  type CredentialKind,
  type CredentialVariable,
  credentialVariables,
} from './credential-table.js'

export interface OtherCredential {
  kind: CredentialKind
  /** What wins and where it is set, for a person: `ANTHROPIC_API_KEY from the environment`. */
  wins: string
  /** `environment`, or the file. */
  from: string
  /** Of `CLAUDE_CODE_OAUTH_TOKEN`: its SHA-256 in hex, to tell whether it is the user's own. */
  tokenHash?: string
}

/** What may sign in place of a login that can't. */
export interface StandInCredential extends OtherCredential {
  /** `no-login`: only where the login file holds none. */
  when: 'always' | 'no-login'
}

/** Credentials that files hold. */
export interface CredentialFiles {
  profile: AnthropicProfile | null
  /** The client's global config where it holds an API key (`primaryApiKey`); else null. */
  storedKey: string | null
}

interface SetVariable {
  value: string
  from: string
}

/**
 * The strongest credential that signs instead of the login file, even if that holds a good login. `env` in settings
 * replaces the environment's; empty is not set. Null: the login file signs, where it can.
 */
export function otherCredential(
  env: Env,
  settings: ClientSettings,
  { profile }: Pick<CredentialFiles, 'profile'>,
): OtherCredential | null {
  const find = (name: string) => variable(name, env, settings)
  const isSimple = isSwitchedOn(find('CLAUDE_CODE_SIMPLE'))
  const helper = isSimple ? null : settings.apiKeyHelper
  for (const each of credentialVariables) {
    if (each.kind === 'api-key' && helper)
      return named('api-key-helper', 'apiKeyHelper', helper.file)
    if (each.effect === 'maybe') continue
    const found = counting(each, find, profile)
    if (found) return ofVariable(each, found)
  }
  return profile?.signs === 'always' ? named('profile', 'Profile', profile.file) : null
}

/** What may sign where the login can't, so that no person is needed. Null: nothing. */
export function standInCredential(
  env: Env,
  settings: ClientSettings,
  { profile, storedKey }: CredentialFiles,
): StandInCredential | null {
  const find = (name: string) => variable(name, env, settings)
  for (const each of credentialVariables) {
    const found = each.effect === 'maybe' ? counting(each, find, profile) : null
    if (found) return { ...ofVariable(each, found), when: 'always' }
  }
  if (profile?.signs === 'no-login')
    return { ...named('profile', 'Profile', profile.file), when: 'no-login' }
  if (storedKey === null) return null
  return { ...named('stored-key', 'primaryApiKey', storedKey), when: 'no-login' }
}

/** Where the client looks for a profile. */
export function profilePlace(env: Env, settings: ClientSettings, home: string): ProfilePlace {
  const valueOfVariable = (name: string) => variable(name, env, settings)?.value ?? null
  return {
    folder: valueOfVariable('ANTHROPIC_CONFIG_DIR'),
    configHome: valueOfVariable('XDG_CONFIG_HOME'),
    name: valueOfVariable('ANTHROPIC_PROFILE'),
    home,
  }
}

function counting(
  { name, shape, with: other }: CredentialVariable,
  find: (name: string) => SetVariable | null,
  profile: AnthropicProfile | null,
): SetVariable | null {
  const found = find(name)
  if (found === null || (other !== undefined && find(other) === null)) return null
  switch (shape) {
    case 'text':
      return found
    case 'switch':
      return isSwitchedOn(found) ? found : null
    case 'authorization-header':
      return /^\s*authorization\s*:/im.test(found.value) ? found : null
    case 'profile':
      return profile?.signs === 'always' ? found : null
  }
}

function ofVariable(
  { name, kind }: CredentialVariable,
  { value, from }: SetVariable,
): OtherCredential {
  const credential = named(kind, name, from)
  if (name !== 'CLAUDE_CODE_OAUTH_TOKEN') return credential
  return { ...credential, tokenHash: createHash('sha256').update(value).digest('hex') }
}

function variable(name: string, env: Env, settings: ClientSettings): SetVariable | null {
  const set = Object.hasOwn(settings.env, name) ? settings.env[name] : undefined
  const value = set ? set.value : env[name]
  return value ? { value, from: set ? set.file : 'environment' } : null
}

function named(kind: CredentialKind, name: string, from: string): OtherCredential {
  const wins = from === 'environment' ? `${name} from the environment` : `${name} in ${from}`
  return { kind, wins, from }
}

/** As the client reads a switch. */
function isSwitchedOn(found: SetVariable | null): boolean {
  return found !== null && ['1', 'true', 'yes', 'on'].includes(found.value.trim().toLowerCase())
}

/** Where profiles are and which one is asked for: variables as the client has them, null where not set. */
export interface ProfilePlace {
  /** `ANTHROPIC_CONFIG_DIR` */
  folder: string | null
  /** `XDG_CONFIG_HOME` */
  configHome: string | null
  /** `ANTHROPIC_PROFILE` */
  name: string | null
  home: string
}

/** A profile that can sign. */
interface AnthropicProfile {
  file: string
  /**
   * `always`: before the login file. `no-login`: only where the login file holds none.
   * A federation is asked before the login; a profile's own sign-in only where it is asked for by name.
   */
  signs: 'always' | 'no-login'
}

const maxBytes = 256 * 1024

/**
 * The profile asked for by name, else the one that `active_config` names, else `default`; null where it
 * can't sign, as the client finds out (a missing or broken profile, one without credentials), and for one that others could
 * have put there, which is not read. Never throws.
 */
export function anthropicProfile(place: ProfilePlace): AnthropicProfile | null {
  const found = findProfile(place)
  if (found === null) return null
  const { authentication, file, credentials } = found
  if (authentication['type'] === 'oidc_federation') return { file, signs: 'always' }
  if (authentication['type'] !== 'user_oauth') return null
  if (trustedText(credentials) === null) return null
  return { file, signs: place.name === null ? 'no-login' : 'always' }
}

/** The files that `anthropicProfile` goes by, whether they are there or not: what is among them and not trusted is not read. */
export function profileFiles(place: ProfilePlace): string[] {
  const { active, file } = profilePaths(place)
  return [active, file, findProfile(place)?.credentials].filter(path => path != null)
}

function findProfile(place: ProfilePlace) {
  const { folder, name, file } = profilePaths(place)
  if (file === null) return null
  const authentication = jsonObject(trustedText(file) ?? '')?.['authentication']
  if (!isObject(authentication)) return null
  const named = stringOf(authentication['credentials_path'])
  return { authentication, file, credentials: named ?? join(folder, 'credentials', `${name}.json`) }
}

/** `file` is null for a name that is none. */
function profilePaths(place: ProfilePlace) {
  const folder = place.folder ?? join(place.configHome ?? join(place.home, '.config'), 'anthropic')
  const active = join(folder, 'active_config')
  const name = place.name ?? (trustedText(active)?.trim() || 'default')
  const isName = /^[\w.-]+$/.test(name) && !/^\.+$/.test(name)
  return { folder, active, name, file: isName ? join(folder, 'configs', `${name}.json`) : null }
}

function trustedText(path: string): string | null {
  return isOnTrustedWay(path, process.geteuid?.() ?? -1) ? textAt(path, { maxBytes }) : null
}
