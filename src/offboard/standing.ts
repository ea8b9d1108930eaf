// How far a user's offboarding is, and which command comes next. Pure.

import { beganCut, begin, lastBegun } from './deeds.js'
import type { OffboardFacts } from './facts.js'
import { isOursDone, stepsOf } from './stages.js'
import type { Stage } from './step.js'

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
