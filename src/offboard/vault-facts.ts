// What Vault has about one user: entities, the policy of a token without one, documents, the health record.

import { fillIn, plainNameSlip } from '../config/template.js'
import {
  type AccessorState,
  accessorPrefix,
  dataOf,
  isAbsent,
  isRefused,
  type Lookup,
  lookUpAccessor,
  type SiteVault,
  type StoreTrouble,
  whyNot,
} from '../store/vault/site.js'
import { isObject, stringOf } from '../system/json.js'
import { makeTrouble } from '../system/trouble.js'
import { notedAccessors, noteKey, type OffboardNote, readNote } from './note.js'
import { type PolicyFact, policyOf } from './user-policy.js'

/** Whose facts, and where the health record is. */
export interface VaultUser extends DocumentOwner {
  /** The folder of all health records, inside the mount (`config.fleet.folder`); null: don't look for one. */
  recordFolder: string | null
  /** False: the site publishes no records (`config.fleet.publish`), so none is missed where their folder is closed. */
  publishesRecords?: boolean
}

export interface UserVaultFacts {
  vaultName: string
  mount: string
  /** Names of the auth mounts by which users sign in. */
  signInMounts: string[]
  entities: EntityFact[]
  /** Other users whose documents these entities open: a cut shuts them out too. */
  sharedWith: string[]
  policy: PolicyFact
  documents: DocumentFact[]
  /** The health record, inside the mount; null: there is none. */
  record: string | null
  /** Where one may be that the admin may not look at; null: nowhere, or none is published. */
  closedRecord: string | null
}

/** Changes nothing. Trouble: Vault gives no answer, or does not let this token read. */
export async function userVaultFactsOf(
  vault: SiteVault,
  user: VaultUser,
): Promise<UserVaultFacts | StoreTrouble> {
  const slip = plainNameSlip(user.vaultName)
  if (slip !== null) return unfitName(user.vaultName, slip)
  const mounts = await signInMounts(vault)
  if (mounts.kind !== 'known') return mounts
  const entities = await entitiesOf(vault, user.vaultName, mounts.value)
  if (entities.kind !== 'known') return entities
  const shared = await sharedWith(vault, user, entities.value)
  if (shared.kind !== 'known') return shared
  const policy = await policyOf(vault, user.vaultName)
  if (policy.kind !== 'known') return policy
  const paths = await documentPaths(vault, user)
  if (paths.kind !== 'known') return paths
  const documents: DocumentFact[] = []
  for (const path of paths.value) {
    const document = await documentAt(vault, path)
    if (document.kind !== 'known') return document
    if (document.value !== null) documents.push(document.value)
  }
  const record = await recordOf(vault, user)
  if (record.kind !== 'known') return record
  return {
    vaultName: user.vaultName,
    mount: vault.server.mount,
    signInMounts: mounts.value.map(({ name }) => name),
    entities: entities.value,
    sharedWith: shared.value,
    policy: policy.value,
    documents,
    ...record.value,
  }
}

function unfitName(name: string, slip: string): StoreTrouble {
  const folded = name.toLowerCase()
  const isFit = plainNameSlip(folded) === null
  const command = isFit ? `claude-auth offboard ${folded}` : 'claude-auth roster check'
  const cause = `Vault knows a user by a name ${slip}`
  return { kind: 'denied', trouble: makeTrouble(cause, { command }) }
}

type RecordFacts = Pick<UserVaultFacts, 'record' | 'closedRecord'>

async function recordOf(vault: SiteVault, user: VaultUser): Promise<Lookup<RecordFacts>> {
  const none = { record: null, closedRecord: null }
  if (user.recordFolder === null) return { kind: 'known', value: none }
  const path = `${user.recordFolder}/${user.vaultName}`
  const at = `${vault.server.mount}/metadata/${path}`
  const reply = await vault.request({ method: 'GET', path: at })
  if (isAbsent(reply)) return { kind: 'known', value: none }
  // At a site without records nothing opens their folder: then it keeps no stage from its end.
  if (isRefused(reply)) {
    const closedRecord = user.publishesRecords === false ? null : path
    return { kind: 'known', value: { ...none, closedRecord } }
  }
  if (dataOf(reply) === null) return whyNot(vault, reply, at, 'read')
  return { kind: 'known', value: { ...none, record: path } }
}

/** The other names of the entities that have a document. */
async function sharedWith(
  vault: SiteVault,
  { uid }: VaultUser,
  entities: readonly EntityFact[],
): Promise<Lookup<string[]>> {
  const found: string[] = []
  for (const name of new Set(entities.flatMap(({ otherNames }) => otherNames))) {
    const has = await hasDocument(vault, { vaultName: name, uid })
    if (has.kind !== 'known') return has
    if (has.value) found.push(name)
  }
  return { kind: 'known', value: found }
}

export interface EntityFact {
  id: string
  /** The auth mounts where it has an alias (`token`, `jwt`). */
  mounts: string[]
  isDisabled: boolean
  /** Other aliases on these mounts: merged by hand, or another name of the same person. */
  otherNames: string[]
}

/** The auth methods that claude-auth uses (`ns_token`: tokens in a namespace). On another kind of mount, alice may be another person. */
const signInTypes = ['token', 'ns_token', 'jwt', 'oidc']

export interface AuthMount {
  name: string
  accessor: string
}

export async function signInMounts(vault: SiteVault): Promise<Lookup<AuthMount[]>> {
  const reply = await vault.request({ method: 'GET', path: 'sys/auth' })
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, 'sys/auth', 'read')
  const value = Object.entries(data).flatMap(([path, about]) => {
    if (!isObject(about) || !signInTypes.includes(String(about['type']))) return []
    const accessor = stringOf(about['accessor'])
    return accessor === null ? [] : [{ name: path.replace(/\/$/, ''), accessor }]
  })
  return { kind: 'known', value }
}

async function entitiesOf(
  vault: SiteVault,
  name: string,
  mounts: AuthMount[],
): Promise<Lookup<EntityFact[]>> {
  const found = new Map<string, EntityFact>()
  for (const mount of mounts) {
    const path = 'identity/lookup/entity'
    const body = JSON.stringify({ alias_name: name, alias_mount_accessor: mount.accessor })
    const reply = await vault.request({ method: 'POST', path, body })
    if (reply.kind === 'reply' && reply.status === 204) continue
    const data = dataOf(reply)
    const id = stringOf(data?.['id'])
    if (data === null || id === null) return whyNot(vault, reply, path, 'update')
    found.set(id, {
      id,
      mounts: [...(found.get(id)?.mounts ?? []), mount.name],
      isDisabled: data['disabled'] === true,
      otherNames: aliasNames(data['aliases'], mounts).filter(each => each !== name),
    })
  }
  return { kind: 'known', value: [...found.values()] }
}

/** The names of the aliases on `mounts`, folded as Vault folds them, each once. */
function aliasNames(aliases: unknown, mounts: readonly AuthMount[]): string[] {
  const all = (Array.isArray(aliases) ? aliases : []).filter(isObject)
  const onMounts = all.filter(alias =>
    mounts.some(({ accessor }) => accessor === alias['mount_accessor']),
  )
  const names = onMounts.flatMap(alias => stringOf(alias['name'])?.toLowerCase() ?? [])
  return [...new Set(names)].sort()
}

/** Whose documents; names are checked before they are used in a path. */
export interface DocumentOwner {
  /** The user's name in Vault: the alias of their entities, and the name in paths and policies. */
  vaultName: string
  /** Their UID on this machine, for a path with `{uid}`; null: not known. */
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
  /** The versions that are not destroyed, oldest first. */
  versions: number[]
  accessors: AccessorFact[]
  note: OffboardNote | null
}

/** Every document that `vault.path` can name for this user, whatever the host and profile. */
async function documentPaths(vault: SiteVault, user: DocumentOwner): Promise<Lookup<string[]>> {
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
      const listed = await namesInFolder(vault, path)
      if (listed.kind !== 'known') return listed
      next.push(...listed.value.filter(name => pattern.test(name)).map(name => joined(path, name)))
    }
    paths = next
  }
  return { kind: 'known', value: paths }
}

/** Does this user have a document? A name that no path can contain has none. */
async function hasDocument(vault: SiteVault, owner: DocumentOwner): Promise<Lookup<boolean>> {
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

/** Host and profile match any name; the rest must match this user. */
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

/** The names in a folder, those of folders without their slash, each once. */
async function namesInFolder(vault: SiteVault, folder: string): Promise<Lookup<string[]>> {
  const path = `${vault.server.mount}/metadata/${folder === '' ? '' : `${folder}/`}`
  const reply = await vault.request({ method: 'LIST', path })
  if (isAbsent(reply)) return { kind: 'known', value: [] }
  const keys = dataOf(reply)?.['keys']
  if (!Array.isArray(keys)) return whyNot(vault, reply, path, 'list')
  const found = keys.filter(key => typeof key === 'string').map(key => key.replace(/\/$/, ''))
  return { kind: 'known', value: [...new Set(found)] }
}

async function documentAt(vault: SiteVault, path: string): Promise<Lookup<DocumentFact | null>> {
  const at = `${vault.server.mount}/metadata/${path}`
  const reply = await vault.request({ method: 'GET', path: at })
  if (isAbsent(reply)) return { kind: 'known', value: null }
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, at, 'read')
  const noted = isObject(data['custom_metadata']) ? data['custom_metadata'] : {}
  const accessors: AccessorFact[] = []
  for (const [key, accessor] of notedAccessors(noted)) {
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
