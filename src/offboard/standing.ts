// How far an offboarding has come, the command that comes next, and the verdict. Pure.

import { beganCut, begin, lastBegun } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import { type PlannedStep, stepsOf } from './stages.js'
import { isOpen, type OffboardStep, type Stage } from './step.js'

export type Standing = 'active' | 'cut' | 'revoked' | 'destroyed'

/** How far the offboarding has come; a stage counts once any of its steps is done. */
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
  return isCutBegun(facts) && !stepsOf(facts, 'cut').some(isOpen)
}

/** Are the tokens revoked and noted as revoked, and is this machine's login ended? */
export function isRevoked(facts: OffboardFacts): boolean {
  const steps = stepsOf(facts, 'revoke')
  const ours = steps.filter(({ where, state }) => where !== 'site' && state !== 'left')
  if (ours.length > 0) return isCutBegun(facts) && ours.every(({ state }) => state === 'done')
  return facts.deeds.some(({ step, command }) => step === begin && command === 'offboard revoke')
}

/** When the cut was noted: in Vault, else on this machine, else in the journal; null: nowhere. */
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

/** The command that ticks off a step a person has done. */
export function doneCommand(user: string, id: string, isBack: boolean): string {
  return `claude-auth offboard ${user}${isBack ? ' --undo' : ''} --done ${id}`
}

/** The stage that comes next; null: none does. */
function nextStage(facts: OffboardFacts): Stage | null {
  switch (standingOf(facts)) {
    case 'active':
      return 'cut'
    case 'cut':
      return isCut(facts) ? 'revoke' : 'cut'
    case 'revoked':
      return 'destroy'
    case 'destroyed':
      // It may have been interrupted after the documents were deleted.
      return stepsOf(facts, 'destroy').some(isOpen) ? 'destroy' : null
  }
}

/** The command that comes next; null: nothing does. */
export function nextOf(facts: OffboardFacts): string | null {
  const stage = nextStage(facts)
  if (stage === null) return null
  return `${commandOf(facts.user, stage)}${facts.isHereOnly ? ' --here' : ''}`
}

/** `attention`: something is left to a person; `no-answer`: Vault gave no answer. */
export type OffboardVerdict = 'ok' | 'attention' | 'broken' | 'no-answer'

/** `isAway`: Vault stopped answering during the stage. */
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

/** The steps of every stage begun so far, and the open steps of the next one. */
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
  const isDone = begun.every(({ state }) => state === 'done')
  return { steps: [...begun, ...open], verdict: isDone ? 'ok' : 'attention' }
}

const begunBy: Record<Standing, readonly Stage[]> = {
  active: [],
  cut: ['cut'],
  revoked: ['cut', 'revoke'],
  destroyed: ['cut', 'revoke', 'destroy'],
}
