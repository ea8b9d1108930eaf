// The profile of Anthropic's own tools (`~/.config/anthropic`) that the client would sign with.

import { join } from 'node:path'
import { isObject, jsonObject, stringOf } from './json.js'
import { textAt } from './open-file.js'
import { isOnTrustedWay } from './trusted-way.js'

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
export interface AnthropicProfile {
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
  const folder = place.folder ?? join(place.configHome ?? join(place.home, '.config'), 'anthropic')
  const uid = process.geteuid?.() ?? -1
  const textOf = (path: string) => (isOnTrustedWay(path, uid) ? textAt(path, { maxBytes }) : null)
  const active = textOf(join(folder, 'active_config'))?.trim()
  const name = place.name ?? (active || 'default')
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) return null
  const file = join(folder, 'configs', `${name}.json`)
  const config = jsonObject(textOf(file) ?? '')
  const authentication = config?.['authentication']
  if (!isObject(authentication)) return null
  if (authentication['type'] === 'oidc_federation') return { file, signs: 'always' }
  if (authentication['type'] !== 'user_oauth') return null
  const named = stringOf(authentication['credentials_path'])
  const credentials = named ?? join(folder, 'credentials', `${name}.json`)
  if (textOf(credentials) === null) return null
  return { file, signs: place.name === null ? 'no-login' : 'always' }
}
