// The steps of each stage in Vault. Pure.

import { missingBlock } from '../store/vault/site.js'
import { clean } from '../text/clean.js'
import type { Cause } from './admin-journal.js'
import type { OffboardNote } from './note.js'
import type { OffboardStep } from './step.js'
import { cutText, openText } from './user-policy.js'
import type { UserVaultFacts } from './vault-facts.js'

/** What a step changes in Vault. */
export type VaultAction =
  | { do: 'switch-entity'; id: string; isDisabled: boolean }
  | { do: 'write-policy'; name: string; text: string }
  | { do: 'note'; path: string; note: OffboardNote | null }
  | { do: 'revoke'; accessor: string }
  | { do: 'delete'; path: string }
  /** Changes nothing: Vault must refuse to mint. */
  | { do: 'try-mint' }

/** Without an action there is nothing we can do. */
export interface VaultStep extends OffboardStep {
  action: VaultAction | null
}

/** The steps of a cut. Steps that are already done say so: a second run has nothing to do. */
export function cutSteps(facts: UserVaultFacts, cause: Cause): VaultStep[] {
  return [
    ...entitySteps(facts, true),
    ...strangeEntitySteps(facts),
    ...policySteps(facts, 'cut'),
    ...noteSteps(facts, cause),
  ]
}

/**
 * A noted token whose entity does not have this user's name, or that the admin may not look up: a person must say whose it
 * is.
 */
function strangeEntitySteps({ documents, entities, vaultName }: UserVaultFacts): VaultStep[] {
  const living = documents
    .flatMap(({ accessors }) => accessors)
    .filter(({ isAlive, entityId }) => isAlive !== false && entityId !== '')
  return living
    .filter(({ entityId }) => !entities.some(({ id }) => id === entityId))
    .map(({ host, entityId }) =>
      entityId === null
        ? vaultStep(
            `stranger:${host}`,
            'left',
            `the token noted for ${host} may not be looked up, and works on if it lives by an entity that is not called ${vaultName}; ${missingBlock('auth/token/lookup-accessor', 'update')}`,
            null,
          )
        : vaultStep(
            `stranger:${host}`,
            'left',
            `the token noted for ${host} lives by an entity that is not called ${vaultName}: it works on`,
            null,
            `bao read identity/entity/id/${entityId}`,
          ),
    )
}

/** The way back from a cut. */
export function undoSteps(facts: UserVaultFacts): VaultStep[] {
  const notes = facts.documents.map(({ path, note }): VaultStep => {
    const state = note === null ? 'done' : 'to-do'
    const detail = `note of the cut taken from ${facts.mount}/${path}`
    return vaultStep(`note:${path}`, state, detail, { do: 'note', path, note: null })
  })
  return [
    ...entitySteps(facts, false),
    ...policySteps(facts, 'open'),
    ...notes,
    ...endedTokenSteps(facts),
  ]
}

/** A token that was revoked, or expired during the cut, does not come back. */
function endedTokenSteps({ documents }: UserVaultFacts): VaultStep[] {
  const ended = documents.flatMap(({ accessors }) =>
    accessors.filter(({ isAlive }) => isAlive === false),
  )
  return ended.map(({ host }) => {
    const detail = `Vault token of ${host} has ended: a new first token (docs/vault.md, section 5)`
    return vaultStep(`first-token:${host}`, 'left', detail, null)
  })
}

/** Revokes every noted token, then notes it. Tokens that were not noted are useless since the cut. */
export function revokeSteps(facts: UserVaultFacts, { nowMs }: Cause): VaultStep[] {
  const tokens = facts.documents.flatMap(({ accessors }) =>
    accessors.map(({ host, accessor, isAlive }): VaultStep => {
      const state = isAlive === false ? 'done' : 'to-do'
      const detail = `Vault token of ${host} revoked`
      return {
        ...vaultStep(`token:${host}`, state, detail, { do: 'revoke', accessor }),
        reversible: false,
      }
    }),
  )
  return tokens.concat(
    facts.documents.map(({ path, note }): VaultStep => {
      const isNoted = note !== null && note.revokedAtMs !== null
      const revoked = note && { ...note, revokedAtMs: nowMs }
      const detail = `revocation noted at ${facts.mount}/${path}`
      const step = vaultStep(`revoked:${path}`, isNoted ? 'done' : 'to-do', detail, {
        do: 'note',
        path,
        note: revoked,
      })
      return { ...step, reversible: false }
    }),
  )
}

/** Deletes the documents with all versions, and the health record. The entity stays disabled. */
export function destroySteps(facts: UserVaultFacts): VaultStep[] {
  const paths = [
    ...facts.documents.map(({ path }) => path),
    ...(facts.record ? [facts.record] : []),
  ]
  const deletions = paths.map(path => ({
    ...vaultStep(`delete:${path}`, 'to-do', `${facts.mount}/${path} deleted, with all versions`, {
      do: 'delete',
      path,
    }),
    reversible: false,
  }))
  return [...deletions, ...closedRecordSteps(facts)]
}

/** A record that stays speaks of the user in every view of the site. */
function closedRecordSteps({ mount, closedRecord }: UserVaultFacts): VaultStep[] {
  if (closedRecord === null) return []
  const opens = `${mount}/metadata/${closedRecord.replace(/[^/]+$/, '+')}`
  const detail = `the health record, if there is one, may not be looked at; add to claude-auth-admin: path "${opens}" { capabilities = ["read", "delete"] }, or tick the step off with --done where the site has none`
  const step = vaultStep(`delete:${closedRecord}`, 'left', detail, null)
  return [{ ...step, reversible: false }]
}

export function vaultStep(
  id: string,
  state: OffboardStep['state'],
  detail: string,
  action: VaultAction | null,
  command: string | null = null,
): VaultStep {
  return { id, where: 'vault', state, reversible: true, detail, command, action }
}

function entitySteps({ entities, vaultName }: UserVaultFacts, isDisabled: boolean): VaultStep[] {
  const word = isDisabled ? 'switched off' : 'switched on'
  return entities.map(({ id, mounts, isDisabled: isNow }) =>
    vaultStep(
      `entity:${mounts.join('+')}`,
      isNow === isDisabled ? 'done' : 'to-do',
      `entity of ${vaultName} on ${mounts.join(', ')} ${word}`,
      { do: 'switch-entity', id, isDisabled },
      `bao write identity/entity/id/${id} disabled=${isDisabled}`,
    ),
  )
}

/** Why a cut affects more than this user. */
export function sharedWords({ vaultName, sharedWith }: UserVaultFacts): string {
  const names = sharedWith.map(name => clean(name, 60)).join(', ')
  return `the entity of ${vaultName} in Vault is also that of ${names}: a cut shuts out all of them`
}

/** A token without an entity can only be cut by the text of its policy. */
function policySteps(facts: UserVaultFacts, wanted: 'cut' | 'open'): VaultStep[] {
  const { policy } = facts
  const { name, state, text } = policy
  const id = `policy:${name}`
  if (state === 'absent') return []
  if (state === 'closed')
    return mayHaveNoEntity(facts)
      ? [
          vaultStep(
            id,
            'left',
            wanted === 'cut'
              ? `a token without an entity ends only with its policy ${name}, which the admin may not read`
              : `policy ${name} may be cut; the admin may not read it`,
            null,
            wanted === 'cut' ? `bao policy delete ${name}` : `bao policy read ${name}`,
          ),
        ]
      : []
  const next = wanted === 'cut' ? cutText(text ?? '') : (openText(text ?? '') ?? '')
  return [
    vaultStep(
      id,
      state === wanted ? 'done' : 'to-do',
      wanted === 'cut' ? `policy ${name} cut: it grants nothing` : `policy ${name} as it was`,
      { do: 'write-policy', name, text: next },
    ),
  ]
}

function mayHaveNoEntity({ entities, documents }: UserVaultFacts): boolean {
  if (entities.length === 0) return documents.length > 0
  const tokens = documents.flatMap(({ accessors }) => accessors)
  // Nothing is known about a token that may not be looked up.
  return tokens.some(
    ({ entityId, isAlive }) => (entityId === '' || entityId === null) && isAlive !== false,
  )
}

function noteSteps(facts: UserVaultFacts, { by, why, nowMs }: Cause): VaultStep[] {
  return facts.documents.map(({ path, note }) =>
    vaultStep(
      `note:${path}`,
      note === null ? 'to-do' : 'done',
      `cut noted at ${facts.mount}/${path}`,
      {
        do: 'note',
        path,
        // The first cut counts: completing it later does not make it younger.
        note: note ?? { cutAtMs: nowMs, revokedAtMs: null, by, why },
      },
    ),
  )
}

/** The step after a cut: minting a token for this user must be refused. Null: none of their entities can have tokens. */
export function mintStep({ entities, vaultName }: UserVaultFacts): VaultStep | null {
  if (!entities.some(({ mounts }) => mounts.includes('token'))) return null
  return vaultStep('mint', 'to-do', `no new token can be minted for ${vaultName}`, {
    do: 'try-mint',
  })
}
