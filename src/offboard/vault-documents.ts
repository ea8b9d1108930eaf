// The documents of a user: where they lie, which versions can still be read, whose tokens are noted, and the note of an offboarding.

import { fillIn, plainNameSlip } from '../config/template.js'
import { type AccessorState, accessorPrefix, lookUpAccessor } from '../store/vault/accessor.js'
import type { SiteVault } from '../store/vault/site.js'
import { type Asked, dataOf, isAbsent, whyNot } from '../store/vault/site-reply.js'
import { isObject, stringOf } from '../system/json.js'
import { makeTrouble } from '../system/trouble.js'
import { noteKey, type OffboardNote, readNote } from './note.js'

/** Whose documents; the names are checked before they stand in a path. */
export interface DocumentOwner {
  /** What Vault calls them: the alias of their entities, and their name in paths and policies. */
  vaultName: string
  /** Their number on this machine, for a path with `{uid}`; null where nobody knows it. */
  uid: number | null
}

export interface AccessorFact extends Pick<AccessorState, 'isAlive' | 'entityId'> {
  /** The key in the custom metadata (`accessor_ws1`). */
  key: string
  host: string
  accessor: string
}

export interface DocumentFact {
  /** Inside the mount. */
  path: string
  /** Those that are not destroyed, oldest first. */
  versions: number[]
  accessors: AccessorFact[]
  note: OffboardNote | null
}

/** Every document that the path of the configuration has for this user, whatever its host and profile. */
export async function documentPaths(
  vault: SiteVault,
  user: DocumentOwner,
): Promise<Asked<string[]>> {
  const { template } = vault.server
  const parts = template.split('/')
  const names = { user: user.vaultName, uid: String(user.uid ?? ''), host: 'h', profile: 'p' }
  if (user.uid === null && template.includes('{uid}'))
    return {
      kind: 'denied',
      trouble: makeTrouble(
        'vault.path names users by their number, which this machine does not know',
        {
          advice: 'run it on a host where the account is',
        },
      ),
    }
  let paths = ['']
  for (const part of parts) {
    const isOpen = part.includes('{host}') || part.includes('{profile}')
    const filled = fillIn(part, names, 'plain')
    if ('expected' in filled)
      return { kind: 'denied', trouble: makeTrouble(`vault.path: ${filled.expected}`) }
    if (!isOpen) {
      paths = paths.map(path => joined(path, filled.value))
      continue
    }
    const pattern = partPattern(part, names)
    const next: string[] = []
    for (const path of paths) {
      const listed = await namesIn(vault, path)
      if (listed.kind !== 'known') return listed
      next.push(...listed.value.filter(name => pattern.test(name)).map(name => joined(path, name)))
    }
    paths = next
  }
  return { kind: 'known', value: paths }
}

/** Is there any document of theirs? A name that can stand in no path has none. */
export async function hasDocument(vault: SiteVault, owner: DocumentOwner): Promise<Asked<boolean>> {
  if (plainNameSlip(owner.vaultName) !== null) return { kind: 'known', value: false }
  const paths = await documentPaths(vault, owner)
  if (paths.kind !== 'known') return paths
  for (const path of paths.value) {
    const at = `${vault.server.mount}/metadata/${path}`
    const reply = await vault.request({ method: 'GET', path: at })
    if (dataOf(reply) !== null) return { kind: 'known', value: true }
    if (!isAbsent(reply)) return whyNot(vault, reply, at, 'read')
  }
  return { kind: 'known', value: false }
}

/** A host and a profile are any name; the rest of the part must be as it is for this user. */
function partPattern(part: string, { user, uid }: { user: string; uid: string }): RegExp {
  const source = part
    .split(/(\{[a-z]+\})/)
    .map(piece => {
      if (piece === '{host}' || piece === '{profile}') return '[a-z0-9][a-z0-9._-]*'
      const fixed = piece === '{user}' ? user : piece === '{uid}' ? uid : piece
      return fixed.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`)
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** The names in a folder of the engine, those of folders without their slash, once each. */
async function namesIn(vault: SiteVault, folder: string): Promise<Asked<string[]>> {
  const path = `${vault.server.mount}/metadata/${folder === '' ? '' : `${folder}/`}`
  const reply = await vault.request({ method: 'LIST', path })
  if (isAbsent(reply)) return { kind: 'known', value: [] }
  const keys = dataOf(reply)?.['keys']
  if (!Array.isArray(keys)) return whyNot(vault, reply, path, 'list')
  const found = keys.filter(key => typeof key === 'string').map(key => key.replace(/\/$/, ''))
  return { kind: 'known', value: [...new Set(found)] }
}

export async function documentAt(
  vault: SiteVault,
  path: string,
): Promise<Asked<DocumentFact | null>> {
  const at = `${vault.server.mount}/metadata/${path}`
  const reply = await vault.request({ method: 'GET', path: at })
  if (isAbsent(reply)) return { kind: 'known', value: null }
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, at, 'read')
  const noted = isObject(data['custom_metadata']) ? data['custom_metadata'] : {}
  const accessors: AccessorFact[] = []
  for (const [key, value] of Object.entries(noted)) {
    const accessor = stringOf(value)
    if (!key.startsWith(accessorPrefix) || accessor === null) continue
    const looked = await lookUpAccessor(vault, accessor)
    if (looked.kind !== 'known') return looked
    const { isAlive, entityId } = looked.value
    accessors.push({ key, host: key.slice(accessorPrefix.length), accessor, isAlive, entityId })
  }
  const versions = versionsIn(data['versions'])
  return { kind: 'known', value: { path, versions, accessors, note: readNote(noted[noteKey]) } }
}

function versionsIn(value: unknown): number[] {
  const entries = isObject(value) ? Object.entries(value) : []
  const whole = entries.filter(([, about]) => !isObject(about) || about['destroyed'] !== true)
  return whole.map(([version]) => Number(version)).sort((a, b) => a - b)
}
