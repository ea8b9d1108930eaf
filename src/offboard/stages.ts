// What each stage consists of: the steps in Vault, on the machines and at the site, in their order. Pure.

import type { OffboardFacts } from './facts.js'
import { type HostAction, stepsBackHere, stepsElsewhere, stepsHere } from './host-steps.js'
import { type SiteAction, siteSteps, siteStepsBack } from './site-steps.js'
import type { OffboardStep, Stage } from './step.js'
import {
  cutSteps,
  destroySteps,
  revokeSteps,
  undoSteps,
  type VaultAction,
  type VaultStep,
} from './vault-steps.js'

export interface PlannedStep extends OffboardStep {
  stage: Stage
  /** Null: nothing that we could do. */
  action: VaultAction | HostAction | SiteAction | null
  /** Not before all others that are ours to do are done. */
  isLast?: boolean
}

type Step = Omit<PlannedStep, 'stage'>

/** Every step of `stage`, those that are done included. */
export function stepsOf(facts: OffboardFacts, stage: Stage): PlannedStep[] {
  const here = stepsHere(facts, stage)
  const inVault = stepsInVault(facts, stage)
  const elsewhere = stepsElsewhere(facts, stage)
  const site = siteSteps(facts, stage)
  // A document is deleted before the store of this machine, a machine is cut before Vault is asked.
  const ours: Step[] = stage === 'destroy' ? [...inVault, ...here] : [...here, ...inVault]
  const steps = [...ours, ...elsewhere, ...site].map((step): PlannedStep => ({ ...step, stage }))
  return steps.sort((a, b) => Number(a.isLast ?? false) - Number(b.isLast ?? false))
}

/** Every step of the way back. */
export function stepsBack(facts: OffboardFacts): PlannedStep[] {
  const inVault = facts.vault === null ? [] : undoSteps(facts.vault)
  const steps: Step[] = [...inVault, ...stepsBackHere(facts), ...siteStepsBack(facts)]
  return steps.map(step => ({ ...step, stage: 'cut' }))
}

function stepsInVault({ vault, cause }: OffboardFacts, stage: Stage): Step[] {
  if (vault === null) return []
  switch (stage) {
    case 'cut':
      return cutSteps(vault, cause)
    case 'revoke':
      return revokeSteps(vault, cause).map(withNotesLast)
    case 'destroy':
      return destroySteps(vault)
  }
}

/** The note says that all of it is revoked. */
function withNotesLast(step: VaultStep): Step {
  return step.action?.do === 'note' ? { ...step, isLast: true } : step
}

/** Are all steps that are ours done? Those of other hosts and of the site are a person's. */
export function isOursDone(steps: readonly OffboardStep[]): boolean {
  return steps.every(({ where, state }) => where === 'site' || state === 'done' || state === 'left')
}
