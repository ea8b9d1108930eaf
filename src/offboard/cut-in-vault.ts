// The cut in Vault as a whole, without the machine and the site: looks, does what is left, looks again.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { makeTrouble } from '../system/trouble.js'
import type { Cause } from './cause.js'
import type { OffboardStep } from './step.js'
import { doVaultSteps, failedStep, type OnStep } from './vault-actions.js'
import { type VaultUser, vaultFactsOf } from './vault-facts.js'
import { cutSteps, mintStep, sharedWords, type VaultStep, vaultStep } from './vault-steps.js'

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
  // A person says so first (`claude-auth offboard … --with-others`).
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
  if (ended.some(({ state }) => state === 'failed' || state === 'to-do'))
    return ended.map(withoutAction)
  const verified = await verifiedCut(vault, user, ended, cause)
  return verified.map(withoutAction)
}

/** Looks again: a step whose effect can't be seen has failed. Then a mint is tried. */
async function verifiedCut(
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

function withoutAction({ action: _, ...step }: VaultStep): OffboardStep {
  return step
}
