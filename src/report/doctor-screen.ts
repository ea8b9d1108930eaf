// The screen of `claude-auth doctor`: verdict first, then the checks by group, one line each, and what to type.

import type { Verdict } from '../outcome.js'
import { mendLines, verdictLine } from './doctor-text.js'
import type { Ink } from './ink.js'
import { hanging, wrapped } from './wrap.js'

/** One line of the report, as the screen needs it. */
export interface ScreenCheck {
  id: string
  group: string
  state: 'ok' | 'note' | 'warn' | 'fail'
  message: string
  hint: string | null
  fixable: boolean
}

export interface ScreenOptions {
  width: number
  ink: Ink
  /** Signs that every locale has. */
  ascii: boolean
  /** Written as `~`, where a shell reads that too. */
  home: string
}

const signs = {
  unicode: { ok: '✓', note: '•', warn: '!', fail: '✗' },
  ascii: { ok: '+', note: '.', warn: '!', fail: 'x' },
} as const

/** Sign, state and id before the message. */
const indent = 24
/** On a narrow terminal the message goes below. */
const narrow = 70

export function screen(
  verdict: Verdict,
  checks: readonly ScreenCheck[],
  options: ScreenOptions,
): string[] {
  const { ink, width } = options
  const count = (state: ScreenCheck['state']) =>
    checks.filter(check => check.state === state).length
  const counts = { fail: count('fail'), warn: count('warn'), note: count('note') }
  const dye = verdict === 'ok' ? ink.good : verdict === 'attention' ? ink.care : ink.bad
  const groups = [...new Set(checks.map(({ group }) => group))]
  const mendable = checks.filter(({ fixable }) => fixable).length
  return [
    ...wrapped(verdictLine(verdict, counts), width).map(line => ink.bold(dye(line))),
    ...groups.flatMap(group => [
      '',
      ink.bold(group),
      ...checks.filter(check => check.group === group).flatMap(check => lines(check, options)),
    ]),
    ...(mendable === 0 ? [] : ['', ...mendLines(mendable)]),
  ]
}

function lines(check: ScreenCheck, options: ScreenOptions): string[] {
  const { ink, ascii, width, home } = options
  const { id, state, hint } = check
  const dyes = { ok: ink.good, note: ink.dim, warn: ink.care, fail: ink.bad }
  const sign = signs[ascii ? 'ascii' : 'unicode'][state]
  const lead = `  ${sign} ${state.padEnd(4)} ${id}`
  const message = short(check.message, home)
  const room = width < narrow ? 4 : indent
  const text =
    width < narrow
      ? [lead, ...wrapped(message, width - room).map(line => `${' '.repeat(room)}${line}`)]
      : hanging(lead, message, room, width)
  const [first = '', ...rest] = text
  const dyed = first.replace(`${sign} ${state}`, dyes[state](`${sign} ${state}`))
  // What can be pasted stands alone on its line and is never broken.
  const typed = hint === null ? [] : [`${' '.repeat(room)}${ink.bold(short(hint, home))}`]
  return [dyed, ...rest, ...typed]
}

/** `~` in the place of the home, except where quotes would keep a shell from reading it. */
function short(text: string, home: string): string {
  if (home === '/' || text.includes("'")) return text
  return text.replaceAll(new RegExp(`(^|[ (])${escaped(home)}(?=/)`, 'g'), '$1~')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
