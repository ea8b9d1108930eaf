// What Vault holds of one user: entities, the policy of a token without one, documents with their notes, the health record.

import { fillIn, plainNameSlip } from '../config/template.js'
import type { VaultReply } from '../store/vault/client.js'
import { isVaults, troubleOf } from '../store/vault/failure.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { isObject, type JsonObject, stringOf } from '../system/json.js'
import { makeTrouble } from '../system/trouble.js'
import { noteKey, type OffboardNote, readNote } from './note.js'

/** Whose, and where: all names are checked before they stand in a path. */
export interface VaultUser {
  /** What Vault calls them: the alias of their entities, and their name in paths and policies. */
  vaultName: string
  /** Their number on this machine, for a path with `{uid}`; null where nobody knows it. */
  uid: number | null
  /** The folder of all health records, inside the mount (`config.fleet.folder`); null: none is looked for. */
  recordFolder: string | null
}

export interface EntityFact {
  id: string
  /** The auth mounts by which it is known (`token`, `jwt`). */
  mounts: string[]
  isDisabled: boolean
}

/** The policy of a token that was minted without an entity: `workstation-claude-<user>`. */
export interface PolicyFact {
  name: string
  /** `closed`: the token of who asks may not read it. */
  state: 'open' | 'cut' | 'absent' | 'closed'
  /** As it stands; null unless open or cut. */
  text: string | null
}

export interface AccessorFact {
  /** The key in the custom metadata (`accessor_ws1`). */
  key: string
  host: string
  accessor: string
  /** Null where the token that asks may not look it up. */
  isAlive: boolean | null
  hasEntity: boolean | null
}

export interface DocumentFact {
  /** Inside the mount. */
  path: string
  /** Those that are not destroyed, oldest first. */
  versions: number[]
  accessors: AccessorFact[]
  note: OffboardNote | null
}

export interface VaultFacts {
  vaultName: string
  mount: string
  /** Names of the auth mounts by which users sign in. */
  signInMounts: string[]
  entities: EntityFact[]
  policy: PolicyFact
  documents: DocumentFact[]
  /** The health record, inside the mount; null where there is none. */
  record: string | null
}

type Asked<T> = { kind: 'known'; value: T } | StoreTrouble

/** The accessors of users' tokens are noted under this and the host's name. */
const accessorPrefix = 'accessor_'
/** A cut policy: its text, each line as a comment behind this one. It grants nothing, and holds what it was. */
const cutMark = '# Cut by an offboarding; below is what it was.'

/** The policy's cut text, which `openText` turns back. `sed 's/^/# /'` behind the mark makes the same. */
export function cutText(text: string): string {
  const lines = text.trim().split('\n')
  return [cutMark, ...lines.map(line => `# ${line}`)].join('\n')
}

/** What the policy was before `cutText`; null for one that is not cut. */
export function openText(text: string): string | null {
  const [first, ...lines] = text.trim().split('\n')
  if (first?.trim() !== cutMark) return null
  return lines.map(line => line.replace(/^# ?/, '')).join('\n')
}

/** Reads; changes nothing. Trouble: Vault is away, or does not let this token look. */
export async function vaultFactsOf(
  vault: SiteVault,
  user: VaultUser,
): Promise<VaultFacts | StoreTrouble> {
  const slip = plainNameSlip(user.vaultName)
  if (slip !== null)
    return { kind: 'denied', trouble: makeTrouble(`Vault knows only names ${slip}`) }
  const mounts = await signInMounts(vault)
  if (mounts.kind !== 'known') return mounts
  const entities = await entitiesOf(vault, user.vaultName, mounts.value)
  if (entities.kind !== 'known') return entities
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
    policy: policy.value,
    documents,
    record: record.value,
  }
}

/** Tokens and signed tokens: the ways in that claude-auth has. What another kind of mount calls alice may be somebody else. */
const signInTypes = ['token', 'jwt', 'oidc']

interface AuthMount {
  name: string
  accessor: string
}

async function signInMounts(vault: SiteVault): Promise<Asked<AuthMount[]>> {
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
): Promise<Asked<EntityFact[]>> {
  const found = new Map<string, EntityFact>()
  for (const mount of mounts) {
    const path = 'identity/lookup/entity'
    const body = JSON.stringify({ alias_name: name, alias_mount_accessor: mount.accessor })
    const reply = await vault.request({ method: 'POST', path, body })
    if (reply.kind === 'reply' && reply.status === 204) continue
    const data = dataOf(reply)
    const id = stringOf(data?.['id'])
    if (data === null || id === null) return whyNot(vault, reply, path, 'update')
    const mountsOf = [...(found.get(id)?.mounts ?? []), mount.name]
    found.set(id, { id, mounts: mountsOf, isDisabled: data['disabled'] === true })
  }
  return { kind: 'known', value: [...found.values()] }
}

/** The name under which sites have a policy for each user. */
function policyName(vaultName: string): string {
  return `workstation-claude-${vaultName}`
}

async function policyOf(vault: SiteVault, vaultName: string): Promise<Asked<PolicyFact>> {
  const name = policyName(vaultName)
  const path = `sys/policies/acl/${name}`
  const reply = await vault.request({ method: 'GET', path })
  if (isAbsent(reply)) return { kind: 'known', value: { name, state: 'absent', text: null } }
  if (isRefused(reply)) return { kind: 'known', value: { name, state: 'closed', text: null } }
  const text = stringOf(dataOf(reply)?.['policy'])
  if (text === null) return whyNot(vault, reply, path, 'read')
  const state = openText(text) === null ? 'open' : 'cut'
  return { kind: 'known', value: { name, state, text } }
}

/** Every document that the path of the configuration has for this user, whatever its host and profile. */
async function documentPaths(vault: SiteVault, user: VaultUser): Promise<Asked<string[]>> {
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

async function documentAt(vault: SiteVault, path: string): Promise<Asked<DocumentFact | null>> {
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
    const looked = await lookedUp(vault, accessor)
    if (looked.kind !== 'known') return looked
    accessors.push({ key, host: key.slice(accessorPrefix.length), accessor, ...looked.value })
  }
  const versions = versionsIn(data['versions'])
  return { kind: 'known', value: { path, versions, accessors, note: readNote(noted[noteKey]) } }
}

function versionsIn(value: unknown): number[] {
  const entries = isObject(value) ? Object.entries(value) : []
  const whole = entries.filter(([, about]) => !isObject(about) || about['destroyed'] !== true)
  return whole.map(([version]) => Number(version)).sort((a, b) => a - b)
}

async function lookedUp(
  vault: SiteVault,
  accessor: string,
): Promise<Asked<Pick<AccessorFact, 'isAlive' | 'hasEntity'>>> {
  const path = 'auth/token/lookup-accessor'
  const reply = await vault.request({ method: 'POST', path, body: JSON.stringify({ accessor }) })
  if (isGone(reply)) return { kind: 'known', value: { isAlive: false, hasEntity: null } }
  if (isRefused(reply)) return { kind: 'known', value: { isAlive: null, hasEntity: null } }
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, path, 'update')
  return {
    kind: 'known',
    value: { isAlive: true, hasEntity: stringOf(data['entity_id']) !== null },
  }
}

/** An accessor that was revoked, or never was one. */
function isGone(reply: VaultReply): boolean {
  if (reply.kind !== 'reply' || !isVaults(reply)) return false
  return [400, 404].includes(reply.status) || reply.errors.some(each => /accessor/.test(each))
}

async function recordOf(vault: SiteVault, user: VaultUser): Promise<Asked<string | null>> {
  if (user.recordFolder === null) return { kind: 'known', value: null }
  const path = `${user.recordFolder}/${user.vaultName}`
  const at = `${vault.server.mount}/metadata/${path}`
  const reply = await vault.request({ method: 'GET', path: at })
  // Without records at this site, nothing opens their folder.
  if (isAbsent(reply) || isRefused(reply)) return { kind: 'known', value: null }
  return dataOf(reply) === null ? whyNot(vault, reply, at, 'read') : { kind: 'known', value: path }
}

/** `data` of a 200 of Vault's own. */
export function dataOf(reply: VaultReply): JsonObject | null {
  if (reply.kind !== 'reply' || reply.status !== 200) return null
  const data = reply.body?.['data']
  return isObject(data) ? data : null
}

/** Nothing is there: a 404 without a text, which one for a missing engine has. */
export function isAbsent(reply: VaultReply): boolean {
  if (reply.kind !== 'reply' || reply.status !== 404) return false
  return reply.text === '' || (isVaults(reply) && reply.errors.length === 0)
}

/** No policy for it, or a dead token: `whyNot` tells which. */
export function isRefused(reply: VaultReply): boolean {
  return reply.kind === 'reply' && reply.status === 403 && isVaults(reply)
}

/** The trouble behind a reply of no use. Of a 403 Vault is asked whether the token lives at all. */
export async function whyNot(
  vault: SiteVault,
  reply: VaultReply,
  path: string,
  capability: 'create' | 'read' | 'update' | 'patch' | 'delete' | 'list',
): Promise<StoreTrouble> {
  if (!isRefused(reply)) return troubleOf(reply, path)
  const self = await vault.request({ method: 'GET', path: 'auth/token/lookup-self' })
  if (isRefused(self))
    return {
      kind: 'denied',
      trouble: makeTrouble("Vault does not know the admin's token", {
        advice: 'it has ended or was revoked, or its policy lacks auth/token/lookup-self',
      }),
    }
  return {
    kind: 'denied',
    trouble: makeTrouble("the admin's Vault token has no policy for this", {
      place: path,
      advice: `it needs ${capability}; compare it with claude-auth-admin in docs/vault.md`,
    }),
  }
}
