// Executing the steps of an offboarding in Vault: each request changes one thing, and nothing is rolled back on its own.

import { isVaults } from '../store/vault/failure.js'
import {
  isAbsent,
  isDisabledEntity,
  isRefused,
  type SiteVault,
  type StoreTrouble,
  whyNot,
} from '../store/vault/site.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import type { Cause } from './admin-journal.js'
import { noteKey, noteText } from './note.js'
import { isOpen, type OffboardStep } from './step.js'
import { writePolicy } from './user-policy.js'
import { userVaultFactsOf, type VaultUser } from './vault-facts.js'
import {
  cutSteps,
  mintStep,
  sharedWords,
  type VaultAction,
  type VaultStep,
  vaultStep,
} from './vault-steps.js'

/** The token role by which users' tokens are minted, as docs/vault.md has it. */
export const tokenRole = 'claude-users'

/** Executes one step. Null: done; else why it is not, or may not be. */
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

/** A document or an accessor that no longer exists is no failure: what was asked for already holds. */
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

/** Tries to mint a token, which must be refused. If one is minted, it is revoked at once; it comes wrapped, so nobody sees it. */
async function tryMint(vault: SiteVault, vaultName: string): Promise<StoreTrouble | null> {
  const path = `auth/token/create/${tokenRole}`
  const body = JSON.stringify({
    entity_alias: vaultName,
    display_name: `offboard-claude-auth-${vaultName}`,
  })
  const reply = await vault.request({ method: 'POST', path, body, wrapTtl: '1m' })
  if (isDisabledEntity(reply)) return null
  // An admin's token without the right to mint proves nothing, nor does the answer of a proxy.
  if (reply.kind !== 'reply' || reply.status >= 500 || isRefused(reply) || !isVaults(reply))
    return whyNot(vault, reply, path, 'update')
  if (reply.status >= 400) return null
  const wrapped = reply.body?.['wrap_info'] as { wrapped_accessor?: unknown } | undefined
  const accessor = wrapped?.wrapped_accessor
  if (typeof accessor === 'string') await actInVault(vault, vaultName, { do: 'revoke', accessor })
  return { kind: 'denied', trouble: makeTrouble(`Vault still mints tokens for ${vaultName}`) }
}

/** Called with each step as it ends, before the next begins. */
export type OnStep = (step: OffboardStep) => void

/**
 * Executes the steps that are to be done, in order. A step that fails holds up no other, unless Vault gives no answer: then
 * the rest stay to be done.
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
      trouble === null ? { ...step, state: 'done' } : failedStep(step, trouble.trouble)
    onStep(done)
    ended.push(done)
  }
  return ended
}

/** The step as failed, with the reason. */
export function failedStep<S extends OffboardStep>(step: S, trouble: Trouble): S {
  const why = clean(troubleText(trouble), 300)
  return { ...step, state: 'failed', detail: `${step.detail}: ${why}` }
}

/**
 * The cut in Vault as a whole: reads the facts, executes what is left, verifies. `onStep` gets each step that was done or
 * failed as it ends; the result has all steps. Trouble: nothing was changed. `dryRun`: only reads.
 */
export async function cutInVault(
  vault: SiteVault,
  user: VaultUser,
  cause: Cause,
  { dryRun = false, onStep = () => {} }: { dryRun?: boolean; onStep?: OnStep } = {},
): Promise<OffboardStep[] | StoreTrouble> {
  const facts = await userVaultFactsOf(vault, user)
  if ('kind' in facts) return facts
  // A person has to agree first (`claude-auth offboard … --with-others`).
  if (facts.sharedWith.length > 0)
    return {
      kind: 'denied',
      trouble: makeTrouble(sharedWords(facts), {
        command: `sudo claude-auth offboard ${user.vaultName} --stage cut --with-others`,
      }),
    }
  const planned = cutSteps(facts, cause)
  if (dryRun) return planned.map(withoutAction)
  const ended = await doVaultSteps(vault, user.vaultName, planned, onStep)
  if (ended.some(isOpen)) return ended.map(withoutAction)
  const verified = await verifiedCut(vault, user, ended, cause)
  return verified.map(withoutAction)
}

/** Reads the facts again: a step whose effect does not show has failed. Then tries to mint. */
async function verifiedCut(
  vault: SiteVault,
  user: VaultUser,
  ended: readonly VaultStep[],
  cause: Cause,
): Promise<VaultStep[]> {
  const now = await userVaultFactsOf(vault, user)
  if ('kind' in now)
    return [
      ...ended,
      failedStep(vaultStep('verify', 'to-do', 'looked at again', null), now.trouble),
    ]
  const seen = cutSteps(now, cause).map(step =>
    step.state === 'to-do'
      ? { ...step, state: 'failed' as const, detail: `${step.detail}: Vault does not show it` }
      : step,
  )
  const mint = mintStep(now)
  const tried = mint === null ? [] : await doVaultSteps(vault, user.vaultName, [mint])
  return [...seen, ...tried]
}

function withoutAction({ action: _, ...step }: VaultStep): OffboardStep {
  return step
}
