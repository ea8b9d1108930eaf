// Doing the steps of an offboarding in Vault, one by one: each request changes one thing, and nothing of it is taken back by itself.

import { isVaults } from '../store/vault/failure.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { isAbsent, isDisabledEntity, isRefused, whyNot } from '../store/vault/site-reply.js'
import { makeTrouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import { noteKey, noteText } from './note.js'
import type { OffboardStep } from './step.js'
import { writePolicy } from './user-policy.js'
import type { VaultAction, VaultStep } from './vault-steps.js'

/** The token role by which users' tokens are minted, as docs/vault.md has it. */
const tokenRole = 'claude-users'

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

/** Should one be minted after all, it is revoked at once; nobody sees it, for it comes wrapped. */
async function tryMint(vault: SiteVault, vaultName: string): Promise<StoreTrouble | null> {
  const path = `auth/token/create/${tokenRole}`
  const body = JSON.stringify({
    entity_alias: vaultName,
    display_name: `offboard-claude-auth-${vaultName}`,
  })
  const reply = await vault.request({ method: 'POST', path, body, wrapTtl: '1m' })
  if (isDisabledEntity(reply)) return null
  // A token that may not mint has tried nothing, and the word of a proxy is not Vault's.
  if (reply.kind !== 'reply' || reply.status >= 500 || isRefused(reply) || !isVaults(reply))
    return whyNot(vault, reply, path, 'update')
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
    onStep(done)
    ended.push(done)
  }
  return ended
}

/** The step with what kept it from being done. */
export function failedStep<S extends OffboardStep>(step: S, { trouble }: StoreTrouble): S {
  const why = clean(troubleText(trouble), 300)
  return { ...step, state: 'failed', detail: `${step.detail}: ${why}` }
}
