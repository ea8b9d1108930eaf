// How far a user's offboarding is, which command comes next, and the verdict on it. Pure.

import { beganCut, begin, lastBegun } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import { isOursDone, type PlannedStep, stepsOf } from './stages.js'
import type { OffboardStep, Stage } from './step.js'

export type Standing = 'active' | 'cut' | 'revoked' | 'destroyed'

/** How far they are; a stage counts once something of it was done. */
export function standingOf(facts: OffboardFacts): Standing {
  const { vault, deeds } = facts
  const isEmpty = vault === null || (vault.documents.length === 0 && vault.record === null)
  if (isEmpty && lastBegun(deeds) === 'offboard destroy') return 'destroyed'
  if (isRevoked(facts)) return 'revoked'
  return isCutBegun(facts) ? 'cut' : 'active'
}

function isCutBegun({ vault, machine }: OffboardFacts): boolean {
  if (machine !== null && machine.markedAtMs !== null) return true
  if (vault === null) return false
  const isOff = vault.entities.some(({ isDisabled }) => isDisabled)
  return isOff || vault.policy.state === 'cut' || vault.documents.some(({ note }) => note !== null)
}

export function isCut(facts: OffboardFacts): boolean {
  return isCutBegun(facts) && isOursDone(stepsOf(facts, 'cut'))
}

/** Tokens revoked and noted as such, and the login of this machine ended. */
export function isRevoked(facts: OffboardFacts): boolean {
  const steps = stepsOf(facts, 'revoke')
  const ours = steps.filter(({ where, state }) => where !== 'site' && state !== 'left')
  if (ours.length > 0) return isCutBegun(facts) && ours.every(({ state }) => state === 'done')
  return facts.deeds.some(({ step, command }) => step === begin && command === 'offboard revoke')
}

/** When the cut was complete as far as anybody noted it; null: it was not noted. */
export function cutAtMs({ vault, machine, deeds }: OffboardFacts): number | null {
  const noted = vault?.documents.flatMap(({ note }) => (note === null ? [] : [note.cutAtMs])) ?? []
  if (noted.length > 0) return Math.max(...noted)
  if (machine?.markedAtMs != null) return machine.markedAtMs
  const deed = deeds.findLast(beganCut)
  return deed === undefined ? null : Date.parse(deed.at)
}

export function commandOf(user: string, stage: Stage): string {
  return `claude-auth offboard ${user} --stage ${stage}`
}

export function undoCommandOf(user: string): string {
  return `claude-auth offboard ${user} --undo`
}

/** What a person types once a step is done. */
export function doneCommand(user: string, id: string, isBack: boolean): string {
  return `claude-auth offboard ${user}${isBack ? ' --undo' : ''} --done ${id}`
}

/** The stage that comes next; null: none does. */
export function nextStage(facts: OffboardFacts): Stage | null {
  switch (standingOf(facts)) {
    case 'active':
      return 'cut'
    case 'cut':
      return isCut(facts) ? 'revoke' : 'cut'
    case 'revoked':
      return 'destroy'
    case 'destroyed':
      // Interrupted after the documents were deleted.
      return isOursDone(stepsOf(facts, 'destroy')) ? null : 'destroy'
  }
}

/** The command that comes next; null: nothing does. */
export function nextOf(facts: OffboardFacts): string | null {
  const stage = nextStage(facts)
  if (stage === null) return null
  return `${commandOf(facts.user, stage)}${facts.isHereOnly ? ' --here' : ''}`
}

/** `attention`: something is left to a person; `no-answer`: Vault went away. */
export type OffboardVerdict = 'ok' | 'attention' | 'broken' | 'no-answer'

/** `isAway`: Vault gave no answer on the way. */
export function verdictOf({
  steps,
  isAway,
}: {
  steps: readonly OffboardStep[]
  isAway: boolean
}): OffboardVerdict {
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
