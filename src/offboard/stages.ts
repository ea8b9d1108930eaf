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
  // A document is deleted before the store of this machine; a machine is cut before Vault is asked.
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

/** What is left to a person is done once one says so (`--done`). */
function tickedOff(step: Step, isDone: boolean): Step {
  return step.state === 'left' && isDone ? { ...step, state: 'done' } : step
}

/** Is the note of a cut on any document? */
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

/** The note says that all of it is revoked. */
function withNotesLast(step: VaultStep): Step {
  return step.action?.do === 'note' ? { ...step, isLast: true } : step
}

/** Are all steps that are ours done? Those of other hosts and of the site are a person's. */
export function isOursDone(steps: readonly OffboardStep[]): boolean {
  return steps.every(({ where, state }) => where === 'site' || state === 'done' || state === 'left')
}
