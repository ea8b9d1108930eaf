// What `roster` prints: problems, steps and their ends, as lines for people and as one JSON object.

import type { Problem } from '../config/problem.js'
import { problemLine } from '../config/problem.js'
import { clean, columnsOf } from '../text/clean.js'
import type { StepResult } from './act.js'
import type { RosterCommit } from './committed.js'
import type { RosterStep } from './plan.js'

/** `3f2c1a9b04de: Bob comes` */
export function commitWords({ sha, subject }: Pick<RosterCommit, 'sha' | 'subject'>): string {
  return `${sha.slice(0, 12)}: ${clean(subject, 100) || '(no subject)'}`
}

/** One step a line: user, step, detail; what to type stands below it. */
export function planLines(steps: readonly RosterStep[]): string[] {
  const widths = widthsOf(steps)
  return steps.flatMap(step => stepLines(step, widths))
}

/** One step that has ended, in the columns of the plan. */
export function resultLines(result: StepResult, widths: Widths): string[] {
  const { state, trouble } = result
  const words = { done: 'done', failed: 'FAILED', left: 'left to you', 'to-do': 'not tried' }[state]
  const detail = trouble === null ? result.detail : `${result.detail}: ${trouble}`
  return stepLines({ ...result, detail }, widths, words)
}

/** Of the columns, in characters. */
export interface Widths {
  user: number
  name: number
}

/** Of a whole plan, once: it may have 80,000 steps. */
export function widthsOf(steps: readonly RosterStep[]): Widths {
  let [user, name] = [6, 0]
  for (const step of steps) {
    if (user < 24) user = Math.min(24, Math.max(user, columnsOf(userWord(step.user))))
    name = Math.max(name, step.name.length)
  }
  return { user, name }
}

function userWord(user: string | null): string {
  return user === null ? 'roster' : clean(user, 64)
}

function stepLines(
  { user, name, detail, command }: RosterStep,
  { user: userWidth, name: nameWidth }: Widths,
  state = '',
): string[] {
  const who = userWord(user)
  const lead = `${who}${' '.repeat(Math.max(0, userWidth - columnsOf(who)))}  ${name.padEnd(nameWidth)}`
  const ended = state === '' ? '' : `${state.padEnd(11)}  `
  const line = `${lead}  ${ended}${clean(detail, 400)}`
  return command === null
    ? [line]
    : [line, `${' '.repeat(columnsOf(lead) + 2)}Type: ${clean(command, 200)}`]
}

/** Who the next apply sends a message about, though nothing else is left to do for them; no line: nobody. */
export function untoldLines(users: readonly string[]): string[] {
  const most = 10
  if (users.length === 0) return []
  const more = users.length > most ? ` and ${users.length - most} more` : ''
  const names = users.slice(0, most).map(user => clean(user, 64))
  return [`Not delivered yet: the message about ${names.join(', ')}${more}.`]
}

/** How many steps there are, in words. */
export function countWords(steps: readonly RosterStep[]): string {
  const asked = steps.filter(({ name }) => name === 'ask').length
  const ours = steps.length - asked
  const parts = [
    ...(ours > 0 ? [`${ours} ${ours === 1 ? 'step' : 'steps'} to do`] : []),
    ...(asked > 0 ? [`${asked} left to a person`] : []),
  ]
  return parts.join(', ')
}

export function problemLines(problems: readonly Problem[]): string[] {
  return problems.map(problem => clean(problemLine(problem), 500))
}

export function stepObject(step: RosterStep | StepResult): Record<string, unknown> {
  const { name, user, detail, command } = step
  const state = 'state' in step ? step.state : name === 'ask' ? 'left' : 'to-do'
  const trouble = 'trouble' in step ? step.trouble : null
  return { step: name, user, state, detail, command, trouble }
}
