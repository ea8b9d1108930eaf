// What `claude-auth offboard` prints: how far the offboarding has come and each step, as text or as one JSON object. Pure.

import { clean, cleanLine } from '../text/clean.js'
import { agoWords } from '../text/durations.js'
import { hanging, type Ink } from '../text/terminal.js'
import { wasEverCut } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import type { PlannedStep } from './stages.js'
import { commandOf, cutAtMs, doneCommand, nextOf, standingOf, undoCommandOf } from './standing.js'
import type { Stage, StepState } from './step.js'

export interface OffboardAnswer {
  facts: OffboardFacts
  /** What was asked for; null: only how far it has come. */
  stage: Stage | 'undo' | null
  steps: readonly PlannedStep[]
  verdict: string
  isDry: boolean
  /** The facts are from after the steps; else from before them. */
  isSeen: boolean
}

/** The object of `--json`; its keys are fixed. */
export function offboardObject(answer: OffboardAnswer) {
  const { facts, stage, steps, verdict, isDry, isSeen } = answer
  return {
    schemaVersion: 1,
    user: facts.user,
    stage,
    standing: isSeen ? standingOf(facts) : null,
    dryRun: isDry,
    steps: steps.map(({ id, stage: of, where, state, reversible, detail, command }) => ({
      id,
      stage: of,
      where,
      state,
      reversible,
      detail,
      command,
    })),
    next: isDry ? null : commandAfter(answer),
    verdict,
  }
}

/** The same if Vault could not be asked. */
export function awayObject(user: string, stage: Stage | 'undo' | null, isAway: boolean) {
  const verdict = isAway ? 'no-answer' : 'broken'
  return { schemaVersion: 1, user, stage, steps: [], next: null, verdict }
}

const places = { vault: 'In Vault', machine: 'On the machines', site: 'At the site' } as const

/** Lines for stdout. */
export function offboardLines(answer: OffboardAnswer, width: number, ink: Ink): string[] {
  const { steps, isDry } = answer
  const lines = [ink.bold(headline(answer))]
  for (const [where, title] of Object.entries(places)) {
    const here = steps.filter(step => step.where === where)
    if (here.length === 0) continue
    lines.push('', title)
    for (const step of here) lines.push(...stepLines(step, answer, { width, ink }))
  }
  if (isDry) return [...lines, '', 'Nothing was changed.']
  const next = commandAfter(answer)
  return next === null ? lines : [...lines, '', `Next: ${next}`]
}

/** The command that comes next or completes this one, or null. */
function commandAfter({ facts, stage, isSeen }: OffboardAnswer): string | null {
  if (isSeen && isTakenBack(facts, stage)) return null
  if (isSeen || stage === null) return nextOf(facts)
  return `${stage === 'undo' ? undoCommandOf(facts.user) : commandOf(facts.user, stage)}${facts.isHereOnly ? ' --here' : ''}`
}

/** Nothing comes after a cut that was taken back, and least of all another one. */
function isTakenBack(facts: OffboardFacts, stage: OffboardAnswer['stage']): boolean {
  return stage === 'undo' && standingOf(facts) === 'active'
}

function headline({ facts, stage, isDry, isSeen }: OffboardAnswer): string {
  const { user, vault, cause } = facts
  if (isDry) return `${user}: what ${stage === 'undo' ? '--undo' : stage} would do`
  if (!isSeen)
    return `${user}: ${stage === 'undo' ? '--undo' : stage} begun, and not looked at again`
  const standing = standingOf(facts)
  if (isTakenBack(facts, stage) && wasEverCut(facts.deeds)) return `${user}: no longer cut`
  if (standing === 'active') return `${user}: nothing has been cut`
  const atMs = cutAtMs(facts)
  const ago = atMs === null ? '' : ` ${agoWords(atMs, cause.nowMs)}`
  const since = standing === 'cut' || ago === '' ? ago : `, cut${ago}`
  const note = vault?.documents.find(each => each.note !== null)?.note ?? null
  const by = note === null ? '' : ` by ${clean(note.by, 80)}`
  const why = note === null || note.why === '' ? '' : ` (${clean(note.why, 120)})`
  return `${user}: ${standing}${since}${by}${why}`
}

function stepLines(
  { id, state, detail, command }: PlannedStep,
  { facts, stage, isDry }: OffboardAnswer,
  { width, ink }: { width: number; ink: Ink },
): string[] {
  const [sign, word] = signs(ink)[state]
  const lines = hanging(
    `  ${sign[0]}`,
    `${isDry && state === 'to-do' ? '' : word}${clean(detail, 500)}`,
    4,
    width,
  )
  const first = lines[0]?.replace(`  ${sign[0]}`, `  ${sign[1]}`) ?? ''
  const typed = command === null || state === 'done' ? [] : [`      ${cleanLine(command)}`]
  const done = doneCommand(facts.user, id, stage === 'undo')
  const ticked = state === 'left' && !isDry ? [`      then: ${done}`] : []
  return [first, ...lines.slice(1), ...typed, ...ticked]
}

function signs(ink: Ink): Record<StepState, [[string, string], string]> {
  const { good, care, bad, open } = ink.signs
  return {
    done: [[good, ink.good(good)], ''],
    'to-do': [[open, open], 'to do: '],
    left: [[care, ink.care(care)], 'left to a person: '],
    failed: [[bad, ink.bad(bad)], 'failed: '],
  }
}
