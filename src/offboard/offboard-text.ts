// What `claude-auth offboard` prints: where the user stands and each step, as text or as one object. Pure.

import { clean } from '../text/clean.js'
import { agoWords } from '../text/durations.js'
import type { Ink } from '../text/terminal.js'
import { hanging } from '../text/terminal.js'
import type { OffboardNote } from './note.js'
import type { PlannedStep, Standing } from './stages.js'
import type { Stage, StepState } from './step.js'

export interface OffboardAnswer {
  user: string
  standing: Standing
  /** What was asked for; null: only where they stand. */
  stage: Stage | 'undo' | null
  steps: readonly PlannedStep[]
  next: string | null
  verdict: string
  isDry: boolean
}

/** The object of `--json`; its keys stay as they are. */
export function offboardObject({
  user,
  standing,
  stage,
  steps,
  next,
  verdict,
  isDry,
}: OffboardAnswer) {
  return {
    schemaVersion: 1,
    user,
    stage,
    standing,
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
    next,
    verdict,
  }
}

export interface OffboardWords extends OffboardAnswer {
  note: OffboardNote | null
  cutAtMs: number | null
  nowMs: number
}

const places = { vault: 'In Vault', machine: 'On the machines', site: 'At the site' } as const

/** Lines for stdout. */
export function offboardLines(words: OffboardWords, width: number, ink: Ink): string[] {
  const { steps, next, isDry } = words
  const lines = [ink.bold(headline(words))]
  for (const [where, title] of Object.entries(places)) {
    const here = steps.filter(step => step.where === where)
    if (here.length === 0) continue
    lines.push('', title)
    for (const step of here) lines.push(...stepLines(step, { width, ink, isDry }))
  }
  if (isDry) return [...lines, '', 'Nothing was changed.']
  return next === null ? lines : [...lines, '', `Next: ${next}`]
}

function headline({ user, standing, note, cutAtMs, nowMs, stage, isDry }: OffboardWords): string {
  if (isDry) return `${user}: what ${stage === 'undo' ? '--undo' : stage} would do`
  if (standing === 'active') return `${user}: nothing has been cut`
  const since = cutAtMs === null ? '' : `, cut ${agoWords(cutAtMs, nowMs)}`
  const by = note === null ? '' : ` by ${clean(note.by, 80)}`
  const why = note === null || note.why === '' ? '' : ` (${clean(note.why, 120)})`
  return `${user}: ${standing}${standing === 'cut' && since !== '' ? since.replace(', cut', '') : since}${by}${why}`
}

function stepLines(
  { state, detail, command }: PlannedStep,
  { width, ink, isDry }: { width: number; ink: Ink; isDry: boolean },
): string[] {
  const [sign, word] = signs(ink)[state]
  const lines = hanging(
    `  ${sign[0]}`,
    `${isDry && state === 'to-do' ? '' : word}${clean(detail, 500)}`,
    4,
    width,
  )
  const first = lines[0]?.replace(`  ${sign[0]}`, `  ${sign[1]}`) ?? ''
  const typed = command === null || state === 'done' ? [] : [`      ${command}`]
  return [first, ...lines.slice(1), ...typed]
}

function signs(ink: Ink): Record<StepState, [[string, string], string]> {
  return {
    done: [['✓', ink.good('✓')], ''],
    'to-do': [['·', '·'], 'to do: '],
    left: [['!', ink.care('!')], 'left to a person: '],
    failed: [['✗', ink.bad('✗')], 'failed: '],
  }
}
