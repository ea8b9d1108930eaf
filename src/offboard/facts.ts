// All facts about a user who is offboarded: from Vault, from this machine, and from the journal.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { type AdminDeed, adminDeedsOf, type Cause } from './admin-journal.js'
import { type HostFacts, hostFactsOf } from './host-facts.js'
import { type UserVaultFacts, userVaultFactsOf } from './vault-facts.js'

export interface OffboardFacts {
  user: string
  /** This machine. */
  host: string
  /** Null where the configuration names no Vault. */
  vault: UserVaultFacts | null
  /** Null where the user has no account here. */
  machine: HostFacts | null
  /** What was done to this user from here, oldest first. */
  deeds: readonly AdminDeed[]
  /** Does the site have a program of its own? Without one, a person does its steps. */
  hasSiteProgram: boolean
  cause: Cause
  /** Only this machine counts: no Vault, no other host, no step of the site. */
  isHereOnly: boolean
}

/** Whom the facts are about, and where they come from. */
export interface Subject {
  user: string
  /** The user's name in Vault. */
  vaultName: string
  /** This machine. */
  host: string
  /** Null where the configuration names no Vault. */
  vault: SiteVault | null
  /** The folder of the health records, inside the mount. */
  recordFolder: string | null
  /** Whether health records are published at this site. */
  publishesRecords: boolean
  hasSiteProgram: boolean
  cause: Cause
  isHereOnly: boolean
}

/** Changes nothing. Trouble: Vault gives no answer, or does not let the admin read. */
export async function gatherFacts(subject: Subject): Promise<OffboardFacts | StoreTrouble> {
  const { user, vaultName, host, vault, hasSiteProgram, cause, isHereOnly } = subject
  const { recordFolder, publishesRecords } = subject
  const machine = await hostFactsOf(user)
  const uid = machine?.account.uid ?? null
  const found =
    vault === null
      ? null
      : await userVaultFactsOf(vault, { vaultName, uid, recordFolder, publishesRecords })
  if (found !== null && 'kind' in found) return found
  const deeds = adminDeedsOf(user)
  return { user, host, vault: found, machine, deeds, hasSiteProgram, cause, isHereOnly }
}

/** Does Vault, this machine or the journal know a user of that name? */
export function isKnown({ vault, machine, deeds }: OffboardFacts): boolean {
  if (machine !== null || deeds.length > 0) return true
  if (vault === null) return false
  const { entities, documents, record, policy } = vault
  const hasPolicy = policy.state === 'open' || policy.state === 'cut'
  return entities.length > 0 || documents.length > 0 || record !== null || hasPolicy
}
