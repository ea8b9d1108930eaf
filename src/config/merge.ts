// The machine's file and the user's as one: what the machine's file pins, the user's cannot weaken.

import { isObject } from '../system/json.js'
import { keyPath, type Path } from './problem.js'
import type { ConfigFile } from './schema.js'

/** Under these keys every value that the machine's file sets stands; elsewhere the user's wins. */
export const pinnedKeys = [
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

export interface MergedConfig {
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
