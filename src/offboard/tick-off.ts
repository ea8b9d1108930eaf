// What a person has done by hand, ticked off: written down as done, so that it is not told again.

import { appendAdminJournal } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import type { Refusal } from './refusal.js'
import { type PlannedStep, stepsBack, stepsOf } from './stages.js'
import { type Stage, stages } from './step.js'

export type TickOff = { refusal: Refusal } | { refusal: null; steps: PlannedStep[] }

/** The steps that `words` (`site:account,left:ws2`) name: of any stage, or of the way back. */
export function stepsToTick(facts: OffboardFacts, words: string, isBack: boolean): TickOff {
  const all = isBack ? stepsBack(facts) : stages.flatMap(stage => stepsOf(facts, stage))
  const wasLeft = (id: string) => facts.deeds.findLast(({ step }) => step === id)?.result === 'left'
  const persons = all.filter(
    ({ id, where, state }) => where === 'site' || state === 'left' || wasLeft(id),
  )
  const steps: PlannedStep[] = []
  for (const word of words.split(',')) {
    const step = persons.find(({ id }) => id === word.trim())
    if (step === undefined) return { refusal: refusalOf(facts, persons) }
    if (step.state !== 'done') steps.push(step)
  }
  return { refusal: null, steps }
}

function refusalOf({ user }: OffboardFacts, persons: readonly PlannedStep[]): Refusal {
  const ids = persons.filter(({ state }) => state !== 'done').map(({ id }) => id)
  return {
    why: `--done takes the name of a step that is left to a person: ${ids.join(', ') || 'none is'}`,
    hint: `claude-auth offboard ${user}`,
  }
}

/** Throws `write-failed`. */
export function tickOff(
  { user, cause }: OffboardFacts,
  steps: readonly PlannedStep[],
  isBack: boolean,
): void {
  const at = new Date(cause.nowMs).toISOString()
  for (const { id, stage } of steps) {
    const of: Stage | 'undo' = isBack ? 'undo' : stage
    const command = `offboard ${of}`
    appendAdminJournal({
      at,
      who: cause.by,
      command,
      user,
      step: id,
      why: cause.why,
      result: 'done',
    })
  }
}

/** What a person types once a step is done. */
export function doneCommand(user: string, id: string, isBack: boolean): string {
  return `claude-auth offboard ${user}${isBack ? ' --undo' : ''} --done ${id}`
}
