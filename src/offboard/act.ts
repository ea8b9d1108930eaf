// Doing the steps of a stage, one by one: each is journaled as it ends, and those behind a Vault that went away wait.

import type { SiteVault } from '../store/vault/site.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import type { OffboardFacts } from './facts.js'
import { actOnHost, type UserProgram } from './host-actions.js'
import type { HostAction } from './host-steps.js'
import { runSiteStep, siteStepObject } from './site-program.js'
import type { SiteAction } from './site-steps.js'
import type { PlannedStep } from './stages.js'
import { actInVault } from './vault-actions.js'
import type { VaultAction } from './vault-steps.js'

export interface Doers {
  /** Null where the configuration names no Vault. */
  vault: SiteVault | null
  program: UserProgram
  siteCommand: readonly string[] | null
  /** Is told each step as it ends, before the next begins. Throws where it can't be written down. */
  onEnd: (step: PlannedStep) => void
}

export interface Acted {
  steps: PlannedStep[]
  /** Vault gave no answer on the way. */
  isAway: boolean
}

/** One step that fails keeps none of the others waiting, but those that need all of them. */
export async function actOn(
  facts: OffboardFacts,
  planned: readonly PlannedStep[],
  doers: Doers,
): Promise<Acted> {
  const steps: PlannedStep[] = []
  let isAway = false
  for (const step of planned) {
    const isHeldUp = step.isLast === true && steps.some(isOpen)
    const waits = step.where === 'vault' && isAway
    if (step.state !== 'to-do' || step.action === null || waits || isHeldUp) {
      steps.push(step)
      continue
    }
    const end = await act(facts, step, step.action, doers)
    isAway ||= end.isAway ?? false
    const done: PlannedStep =
      end.trouble === undefined
        ? { ...step, state: end.state }
        : {
            ...step,
            state: end.state,
            detail: `${step.detail}: ${clean(troubleText(end.trouble), 300)}`,
          }
    doers.onEnd(done)
    steps.push(done)
  }
  return { steps, isAway }
}

/** One of ours that is not done; what is left to a person holds up nothing. */
function isOpen({ where, state }: PlannedStep): boolean {
  return where !== 'site' && (state === 'failed' || state === 'to-do')
}

interface StepEnd {
  state: PlannedStep['state']
  trouble?: Trouble
  isAway?: boolean
}

async function act(
  facts: OffboardFacts,
  { stage }: PlannedStep,
  action: VaultAction | HostAction | SiteAction,
  { vault, program, siteCommand }: Doers,
): Promise<StepEnd> {
  const { user, machine, cause } = facts
  const vaultName = facts.vault?.vaultName ?? user
  switch (action.do) {
    case 'mark':
    case 'unmark':
    case 'stop-units':
    case 'start-units':
    case 'logout':
    case 'erase': {
      return machine === null ? { state: 'done' } : actOnHost(action, machine, program)
    }
    case 'site': {
      const about = { user, vaultName, uid: machine?.account.uid ?? null, stage }
      return runSiteStep(siteCommand, siteStepObject(action, about, cause))
    }
    default: {
      const trouble = vault && (await actInVault(vault, vaultName, action))
      if (trouble === null) return { state: 'done' }
      return { state: 'failed', trouble: trouble.trouble, isAway: trouble.kind === 'unreachable' }
    }
  }
}

/** What looking again shows of steps that were done: one whose effect can't be seen has failed. */
export function seenAgain(
  acted: readonly PlannedStep[],
  now: readonly PlannedStep[],
): PlannedStep[] {
  return acted.map(step => {
    const seen = now.find(({ id }) => id === step.id)
    if (step.state !== 'done' || seen === undefined || seen.state !== 'to-do') return step
    return { ...step, state: 'failed', detail: `${step.detail}: looked at again, it is not so` }
  })
}
