// The verdict on a stage, or on where a user stands: what the exit code and `--json` say. Pure.

import type { Acted } from './act.js'
import type { OffboardFacts } from './facts.js'
import { type PlannedStep, stepsOf } from './stages.js'
import { standingOf } from './standing.js'
import type { Stage } from './step.js'

/** `attention`: something is left to a person; `no-answer`: Vault went away. */
export type OffboardVerdict = 'ok' | 'attention' | 'broken' | 'no-answer'

export function verdictOf({ steps, isAway }: Acted): OffboardVerdict {
  if (isAway) return 'no-answer'
  if (steps.some(({ state }) => state === 'failed')) return 'broken'
  return steps.every(({ state }) => state === 'done') ? 'ok' : 'attention'
}

/** Where they stand: the steps of the stages that were begun. */
export function standingSteps(facts: OffboardFacts): {
  steps: PlannedStep[]
  verdict: OffboardVerdict
} {
  const begun = {
    active: [],
    cut: ['cut'],
    revoked: ['cut', 'revoke'],
    destroyed: ['cut', 'revoke'],
  } as const
  const stages: readonly Stage[] = begun[standingOf(facts)]
  const steps = stages.flatMap(stage => stepsOf(facts, stage))
  const isOpen = steps.some(({ state }) => state !== 'done')
  return { steps, verdict: isOpen ? 'attention' : 'ok' }
}
