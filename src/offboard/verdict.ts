// The verdict on a stage, or on where a user stands: what the exit code and `--json` say. Pure.

import type { Acted } from './act.js'
import type { OffboardFacts } from './facts.js'
import { type PlannedStep, stepsOf } from './stages.js'
import { nextStage, type Standing, standingOf } from './standing.js'
import type { Stage } from './step.js'

/** `attention`: something is left to a person; `no-answer`: Vault went away. */
export type OffboardVerdict = 'ok' | 'attention' | 'broken' | 'no-answer'

export function verdictOf({ steps, isAway }: Acted): OffboardVerdict {
  if (isAway) return 'no-answer'
  if (steps.some(({ state }) => state === 'failed')) return 'broken'
  return steps.every(({ state }) => state === 'done') ? 'ok' : 'attention'
}

/** Where they stand: the steps of the stages that were begun, and what is open of the next. */
export function standingSteps(facts: OffboardFacts): {
  steps: PlannedStep[]
  verdict: OffboardVerdict
} {
  const begun = begunBy[standingOf(facts)].flatMap(stage => stepsOf(facts, stage))
  const next = nextStage(facts)
  const open =
    next === null || begun.some(({ stage }) => stage === next)
      ? []
      : stepsOf(facts, next).filter(({ state }) => state !== 'done')
  const isOpen = begun.some(({ state }) => state !== 'done')
  return { steps: [...begun, ...open], verdict: isOpen ? 'attention' : 'ok' }
}

const begunBy: Record<Standing, readonly Stage[]> = {
  active: [],
  cut: ['cut'],
  revoked: ['cut', 'revoke'],
  destroyed: ['cut', 'revoke', 'destroy'],
}
