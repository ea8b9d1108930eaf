// What Vault holds of one user: entities, the policy of a token without one, documents, the health record.

import { plainNameSlip } from '../config/template.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { type Asked, dataOf, isAbsent, isRefused, whyNot } from '../store/vault/site-reply.js'
import { makeTrouble } from '../system/trouble.js'
import { type PolicyFact, policyOf } from './user-policy.js'
import {
  type DocumentFact,
  type DocumentOwner,
  documentAt,
  documentPaths,
  hasDocument,
} from './vault-documents.js'
import { type EntityFact, entitiesOf, signInMounts } from './vault-entities.js'

/** Whose, and where their record is. */
export interface VaultUser extends DocumentOwner {
  /** The folder of all health records, inside the mount (`config.fleet.folder`); null: none is looked for. */
  recordFolder: string | null
}

export interface VaultFacts {
  vaultName: string
  mount: string
  /** Names of the auth mounts by which users sign in. */
  signInMounts: string[]
  entities: EntityFact[]
  /** Other users whose documents these entities open: what shuts one out shuts out the others. */
  sharedWith: string[]
  policy: PolicyFact
  documents: DocumentFact[]
  /** The health record, inside the mount; null where there is none. */
  record: string | null
}

/** Reads; changes nothing. Trouble: Vault is away, or does not let this token look. */
export async function vaultFactsOf(
  vault: SiteVault,
  user: VaultUser,
): Promise<VaultFacts | StoreTrouble> {
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
    record: record.value,
  }
}

function unfitName(name: string, slip: string): StoreTrouble {
  const folded = name.toLowerCase()
  const isFit = plainNameSlip(folded) === null
  const command = isFit ? `claude-auth offboard ${folded}` : 'claude-auth roster check'
  const cause = `Vault knows a user by a name ${slip}`
  return { kind: 'denied', trouble: makeTrouble(cause, { command }) }
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

/** Of the other names of an entity, those that have a document. */
async function sharedWith(
  vault: SiteVault,
  { uid }: VaultUser,
  entities: readonly EntityFact[],
): Promise<Asked<string[]>> {
  const found: string[] = []
  for (const name of new Set(entities.flatMap(({ otherNames }) => otherNames))) {
    const has = await hasDocument(vault, { vaultName: name, uid })
    if (has.kind !== 'known') return has
    if (has.value) found.push(name)
  }
  return { kind: 'known', value: found }
}
