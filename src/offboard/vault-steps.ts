// The steps of an offboarding in Vault: planned from facts (pure), done one by one, and looked at again afterwards.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { makeTrouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import { noteKey, noteText, type OffboardNote } from './note.js'
import type { OffboardStep } from './step.js'
import {
  cutText,
  isAbsent,
  isRefused,
  openText,
  type PolicyFact,
  type VaultFacts,
  type VaultUser,
  vaultFactsOf,
  whyNot,
} from './vault-facts.js'

/** What a step changes in Vault. */
export type VaultAction =
  | { do: 'switch-entity'; id: string; isDisabled: boolean }
  | { do: 'write-policy'; name: string; text: string }
  | { do: 'note'; path: string; note: OffboardNote | null }
  | { do: 'revoke'; accessor: string }
  | { do: 'delete'; path: string }
  /** Changes nothing: a mint must be refused. */
  | { do: 'try-mint' }

/** A step that was planned; without an action there is nothing that we could do. */
export interface VaultStep extends OffboardStep {
  action: VaultAction | null
}

/** Who does it and why, and when it is. */
export interface Cause {
  by: string
  why: string
  nowMs: number
}

/** The steps of a cut. Those that are done already say so, so that a second run has an empty plan. */
export function cutSteps(facts: VaultFacts, cause: Cause): VaultStep[] {
  return [...entitySteps(facts, true), ...policySteps(facts, 'cut'), ...noteSteps(facts, cause)]
}

/** The way back from a cut. */
export function undoSteps(facts: VaultFacts): VaultStep[] {
  const notes = facts.documents.map(({ path, note }): VaultStep => {
    const state = note === null ? 'done' : 'to-do'
    const detail = `note of the cut taken from ${facts.mount}/${path}`
    return vaultStep(`note:${path}`, state, detail, { do: 'note', path, note: null })
  })
  return [...entitySteps(facts, false), ...policySteps(facts, 'open'), ...notes]
}

/** Every noted token, revoked; then the note says so. Tokens that were not noted are dead by the cut. */
export function revokeSteps(facts: VaultFacts, { nowMs }: Cause): VaultStep[] {
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

/** All versions of the documents and the health record, deleted. The entity stays disabled. */
export function destroySteps(facts: VaultFacts): VaultStep[] {
  const paths = [
    ...facts.documents.map(({ path }) => path),
    ...(facts.record ? [facts.record] : []),
  ]
  return paths.map(path => ({
    ...vaultStep(`delete:${path}`, 'to-do', `${facts.mount}/${path} deleted, with all versions`, {
      do: 'delete',
      path,
    }),
    reversible: false,
  }))
}

function vaultStep(
  id: string,
  state: OffboardStep['state'],
  detail: string,
  action: VaultAction | null,
  command: string | null = null,
): VaultStep {
  return { id, where: 'vault', state, reversible: true, detail, command, action }
}

function entitySteps({ entities, vaultName }: VaultFacts, isDisabled: boolean): VaultStep[] {
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

/** A token without an entity knows no off switch but its policy's text. */
function policySteps(facts: VaultFacts, wanted: 'cut' | 'open'): VaultStep[] {
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

function mayHaveNoEntity({ entities, documents }: VaultFacts): boolean {
  if (entities.length === 0) return documents.length > 0
  const tokens = documents.flatMap(({ accessors }) => accessors)
  return tokens.some(({ hasEntity, isAlive }) => hasEntity === false && isAlive !== false)
}

function noteSteps(facts: VaultFacts, { by, why, nowMs }: Cause): VaultStep[] {
  return facts.documents.map(({ path, note }) =>
    vaultStep(
      `note:${path}`,
      note === null ? 'to-do' : 'done',
      `cut noted at ${facts.mount}/${path}`,
      {
        do: 'note',
        path,
        // The first cut counts: a second run, to complete it, does not make it younger.
        note: note ?? { cutAtMs: nowMs, revokedAtMs: null, by, why },
      },
    ),
  )
}

/** The token role by which users' tokens are minted, as docs/vault.md has it. */
const tokenRole = 'claude-users'

/** A step, to be done after a cut, that asks for a token for this user and must be refused; null: no entity of theirs has tokens. */
export function mintStep({ entities, vaultName }: VaultFacts): VaultStep | null {
  if (!entities.some(({ mounts }) => mounts.includes('token'))) return null
  return vaultStep('mint', 'to-do', `no new token can be minted for ${vaultName}`, {
    do: 'try-mint',
  })
}

/** Does it. Null: done; else why it is not, or may not be. */
export async function actInVault(
  vault: SiteVault,
  vaultName: string,
  action: VaultAction,
): Promise<StoreTrouble | null> {
  switch (action.do) {
    case 'switch-entity':
      return change(vault, 'POST', `identity/entity/id/${action.id}`, {
        disabled: action.isDisabled,
      })
    case 'write-policy':
      return writePolicy(vault, action)
    case 'note': {
      const value = action.note === null ? null : noteText(action.note)
      return change(vault, 'PATCH', `${vault.server.mount}/metadata/${action.path}`, {
        custom_metadata: { [noteKey]: value },
      })
    }
    case 'revoke': {
      const { accessor } = action
      return change(vault, 'POST', 'auth/token/revoke-accessor', { accessor })
    }
    case 'delete':
      return change(vault, 'DELETE', `${vault.server.mount}/metadata/${action.path}`)
    case 'try-mint':
      return tryMint(vault, vaultName)
  }
}

/** A note on a document that has gone, or an accessor that is none any more, is no trouble: what was wanted is so. */
async function change(
  vault: SiteVault,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  content?: object,
): Promise<StoreTrouble | null> {
  const body = content === undefined ? {} : { body: JSON.stringify(content) }
  const reply = await vault.request({ method, path, ...body })
  if (reply.kind === 'reply' && (reply.status === 200 || reply.status === 204)) return null
  if (isAbsent(reply) && method !== 'POST') return null
  const capability = { POST: 'update', PATCH: 'patch', DELETE: 'delete' } as const
  return whyNot(vault, reply, path, capability[method])
}

/** The admin's policy holds the text with or without a line end behind it, as whoever wrote it had it. */
async function writePolicy(
  vault: SiteVault,
  { name, text }: Pick<PolicyFact, 'name'> & { text: string },
): Promise<StoreTrouble | null> {
  const path = `sys/policies/acl/${name}`
  let trouble: StoreTrouble | null = null
  for (const policy of [text, `${text}\n`]) {
    const reply = await vault.request({ method: 'POST', path, body: JSON.stringify({ policy }) })
    if (reply.kind === 'reply' && (reply.status === 200 || reply.status === 204)) return null
    trouble = await whyNot(vault, reply, path, 'update')
    if (!isRefused(reply)) break
  }
  return trouble
}

/** Should one be minted after all, it is revoked at once; nobody sees it, for it comes wrapped. */
async function tryMint(vault: SiteVault, vaultName: string): Promise<StoreTrouble | null> {
  const path = `auth/token/create/${tokenRole}`
  const body = JSON.stringify({
    entity_alias: vaultName,
    display_name: `offboard-claude-auth-${vaultName}`,
  })
  const reply = await vault.request({ method: 'POST', path, body, wrapTtl: '1m' })
  if (reply.kind !== 'reply' || reply.status >= 500) return whyNot(vault, reply, path, 'update')
  if (reply.status >= 400) return null
  const wrapped = reply.body?.['wrap_info'] as { wrapped_accessor?: unknown } | undefined
  const accessor = wrapped?.wrapped_accessor
  if (typeof accessor === 'string') await actInVault(vault, vaultName, { do: 'revoke', accessor })
  return { kind: 'denied', trouble: makeTrouble(`Vault still mints tokens for ${vaultName}`) }
}

/** Is told each step as it ends, before the next begins. */
export type OnStep = (step: OffboardStep) => void

/**
 * Does the steps that are to be done, in their order. One that fails keeps none of the others waiting, unless Vault is
 * away: then those behind it stay to be done.
 */
export async function doVaultSteps(
  vault: SiteVault,
  vaultName: string,
  steps: readonly VaultStep[],
  onStep: OnStep = () => {},
): Promise<VaultStep[]> {
  const ended: VaultStep[] = []
  let isAway = false
  for (const step of steps) {
    if (step.state !== 'to-do' || step.action === null || isAway) {
      ended.push(step)
      continue
    }
    const trouble = await actInVault(vault, vaultName, step.action)
    isAway = trouble?.kind === 'unreachable'
    const done: VaultStep =
      trouble === null ? { ...step, state: 'done' } : failedStep(step, trouble)
    onStep(withoutAction(done))
    ended.push(done)
  }
  return ended
}

/** The step with what kept it from being done. */
export function failedStep<S extends OffboardStep>(step: S, { trouble }: StoreTrouble): S {
  const why = clean(troubleText(trouble), 300)
  return { ...step, state: 'failed', detail: `${step.detail}: ${why}` }
}

export function withoutAction({ action: _, ...step }: VaultStep): OffboardStep {
  return step
}

/**
 * The cut in Vault as a whole: looks, does what is left, looks again. Each step that was done or failed goes to `onStep` as
 * it ends; the result has all of them. Trouble: nothing was changed. `dryRun`: only looks.
 */
export async function cutInVault(
  vault: SiteVault,
  user: VaultUser,
  cause: Cause,
  { dryRun = false, onStep = () => {} }: { dryRun?: boolean; onStep?: OnStep } = {},
): Promise<OffboardStep[] | StoreTrouble> {
  const facts = await vaultFactsOf(vault, user)
  if ('kind' in facts) return facts
  const planned = cutSteps(facts, cause)
  if (dryRun) return planned.map(withoutAction)
  const ended = await doVaultSteps(vault, user.vaultName, planned, onStep)
  if (ended.some(({ state }) => state === 'failed' || state === 'to-do'))
    return ended.map(withoutAction)
  const verified = await verifiedCut(vault, user, ended, cause)
  return verified.map(withoutAction)
}

/** Looks again: a step whose effect can't be seen has failed. Then a mint is tried. */
export async function verifiedCut(
  vault: SiteVault,
  user: VaultUser,
  ended: readonly VaultStep[],
  cause: Cause,
): Promise<VaultStep[]> {
  const now = await vaultFactsOf(vault, user)
  if ('kind' in now)
    return [...ended, failedStep(vaultStep('verify', 'to-do', 'looked at again', null), now)]
  const seen = cutSteps(now, cause).map(step =>
    step.state === 'to-do'
      ? { ...step, state: 'failed' as const, detail: `${step.detail}: Vault does not show it` }
      : step,
  )
  const mint = mintStep(now)
  const tried = mint === null ? [] : await doVaultSteps(vault, user.vaultName, [mint])
  return [...seen, ...tried]
}
