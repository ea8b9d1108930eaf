// All that is known of a user who is offboarded: Vault's side, this machine's, what was done before.

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
  /** What was done about this user from here, oldest first. */
  deeds: readonly AdminDeed[]
  /** Is a program of the site's configured? Without one its steps are a person's. */
  hasSiteProgram: boolean
  cause: Cause
  /** Only what is on this machine is of interest: no Vault, no other host, no step of the site. */
  isHereOnly: boolean
}

/** Whom to look at, from where, and what the site has configured. */
export interface Subject {
  user: string
  /** What Vault calls them. */
  vaultName: string
  /** This machine. */
  host: string
  /** Null where the configuration names no Vault. */
  vault: SiteVault | null
  /** The folder of the health records, inside the mount. */
  recordFolder: string | null
  hasSiteProgram: boolean
  cause: Cause
  isHereOnly: boolean
}

/** Looks, and changes nothing. Trouble: Vault is away, or does not let the admin look. */
export async function lookAt(subject: Subject): Promise<OffboardFacts | StoreTrouble> {
  const { user, vaultName, host, vault, recordFolder, hasSiteProgram, cause, isHereOnly } = subject
  const machine = await hostFactsOf(user)
  const uid = machine?.account.uid ?? null
  const found =
    vault === null ? null : await userVaultFactsOf(vault, { vaultName, uid, recordFolder })
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
