// What each stage consists of: the steps in Vault, on the machines and at the site, in their order. Pure.

import { wasCutFromHere, wasDone, wasTakenBack } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import {
  type HostAction,
  signInStep,
  stepsBackHere,
  stepsElsewhere,
  stepsHere,
} from './host-steps.js'
import { type SiteAction, siteSteps, siteStepsBack } from './site-steps.js'
import type { OffboardStep, Stage } from './step.js'
import type { UserVaultFacts } from './vault-facts.js'
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
  /** Null: nothing we can do. */
  action: VaultAction | HostAction | SiteAction | null
  /** Waits until all our other steps are done. */
  isLast?: boolean
}

type Step = Omit<PlannedStep, 'stage'>

/** Every step of `stage`, including those already done. */
export function stepsOf(facts: OffboardFacts, stage: Stage): PlannedStep[] {
  const here = stepsHere(facts, stage)
  const inVault = stepsInVault(facts, stage)
  // Destroy deletes the document before this machine's store; the other stages begin on this machine.
  const ours: Step[] = stage === 'destroy' ? [...inVault, ...here] : [...here, ...inVault]
  const persons = facts.isHereOnly
    ? []
    : [...stepsElsewhere(facts, stage), ...siteSteps(facts, stage)]
  const steps = [...ours, ...persons].map(
    (step): PlannedStep => ({
      ...tickedOff(step, wasDone(facts.deeds, step.id)),
      stage,
    }),
  )
  return steps.sort((a, b) => Number(a.isLast ?? false) - Number(b.isLast ?? false))
}

/** Every step of the way back. */
export function stepsBack(facts: OffboardFacts): PlannedStep[] {
  const { vault, deeds, isHereOnly } = facts
  const wasCut = isCutNoted(vault) || wasCutFromHere(deeds)
  const elsewhere = wasCut ? stepsElsewhere(facts, 'undo') : []
  const persons: Step[] = isHereOnly ? [] : [...elsewhere, ...siteStepsBack(facts)]
  const signIn = signInStep(facts)
  const steps: Step[] = [
    ...(vault === null ? [] : undoSteps(vault)),
    ...stepsBackHere(facts),
    ...(signIn === null ? [] : [signIn]),
    ...persons,
  ]
  return steps.map(step => ({ ...tickedOff(step, wasTakenBack(deeds, step.id)), stage: 'cut' }))
}

/** A step left to a person counts as done once a person says so (`--done`). */
function tickedOff(step: Step, isDone: boolean): Step {
  return step.state === 'left' && isDone ? { ...step, state: 'done' } : step
}

/** Does any document carry the note of a cut? */
export function isCutNoted(vault: UserVaultFacts | null): boolean {
  return vault?.documents.some(({ note }) => note !== null) ?? false
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

/** The note claims that everything is revoked, so it comes last. */
function withNotesLast(step: VaultStep): Step {
  return step.action?.do === 'note' ? { ...step, isLast: true } : step
}
