// The screen of `claude-auth doctor`: verdict first, then what needs care and a line for each group, or every check.

import type { Verdict } from '../policy/outcome.js'
import { columnsOf } from '../text/clean.js'
import type { Ink } from '../text/terminal.js'
import { hanging, wrapped } from '../text/terminal.js'
import { systemVerdictLine } from './all-users.js'
import { type Counts, fixHint, groupWords, verdictLine, wholeHint } from './check.js'

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
  /** Written as `~`, where a shell reads that too. */
  home: string
  /** Every check; else what needs care, and a line for each group. */
  isWhole: boolean
}

/** Sign, state and id before the message. */
const indent = 24
/** On a narrow terminal the message goes below. */
const narrow = 70

/** `of`: what the verdict is about. */
export function screen(
  verdict: Verdict,
  checks: readonly ScreenCheck[],
  options: ScreenOptions,
  of: 'login' | 'machine' = 'login',
): string[] {
  const { ink, width } = options
  const dye = verdict === 'ok' ? ink.good : verdict === 'attention' ? ink.care : ink.bad
  const head = of === 'login' ? verdictLine : systemVerdictLine
  const fixable = checks.filter(({ fixable }) => fixable).length
  return [
    ...wrapped(head(verdict, countsOf(checks), checks.some(isBeforeLaunch)), width).map(line =>
      ink.bold(dye(line)),
    ),
    ...(options.isWhole ? whole(checks, options) : brief(checks, options, of)),
    ...(fixable === 0 ? [] : ['', ...fixHint(fixable)]),
  ]
}

/** Something that keeps the login from working until the next launch, which puts it right. */
function isBeforeLaunch({ id, state, fixable }: ScreenCheck): boolean {
  return fixable && state === 'warn' && ['login-file', 'server', 'token'].includes(id)
}

function countsOf(checks: readonly ScreenCheck[]): Counts {
  const count = (state: ScreenCheck['state']) =>
    checks.filter(check => check.state === state).length
  return { fail: count('fail'), warn: count('warn'), note: count('note') }
}

function byGroup(checks: readonly ScreenCheck[]): [string, ScreenCheck[]][] {
  const groups = [...new Set(checks.map(({ group }) => group))]
  return groups.map(group => [group, checks.filter(check => check.group === group)])
}

function whole(checks: readonly ScreenCheck[], options: ScreenOptions): string[] {
  return byGroup(checks).flatMap(([group, inside]) => [
    '',
    options.ink.bold(group),
    ...inside.flatMap(check => lines(check, options)),
  ])
}

/** What needs care in full, and then one line for each group. */
function brief(
  checks: readonly ScreenCheck[],
  options: ScreenOptions,
  of: 'login' | 'machine',
): string[] {
  const told = checks.filter(isTold)
  const groups = byGroup(checks)
  const longest = Math.max(0, ...groups.map(([group]) => columnsOf(group)))
  return [
    ...(told.length === 0 ? [] : ['', ...told.flatMap(check => lines(check, options))]),
    '',
    ...groups.map(([group, inside]) => groupLine(group.padEnd(longest), inside, options)),
    ...wrapped(wholeHint(of), options.width).map(options.ink.dim),
  ]
}

/** A fault, or context for the verdict: switched off, another credential, not installed. */
function isTold({ state, group, id }: ScreenCheck): boolean {
  if (state === 'warn' || state === 'fail') return true
  return state === 'note' && (group === 'Set-up' || id === 'wrapper' || id === 'mode')
}

function groupLine(group: string, checks: ScreenCheck[], { ink }: ScreenOptions): string {
  const counts = countsOf(checks)
  const worst = counts.fail > 0 ? 'fail' : counts.warn > 0 ? 'warn' : 'ok'
  const sign = signsOf(ink)[worst]
  return `${dyes(ink)[worst](sign)} ${group}  ${groupWords(checks.length, counts)}`
}

function signsOf({ signs }: Ink) {
  return { ok: signs.good, note: signs.note, warn: signs.care, fail: signs.bad }
}

function dyes(ink: Ink) {
  return { ok: ink.good, note: ink.dim, warn: ink.care, fail: ink.bad }
}

function lines(check: ScreenCheck, options: ScreenOptions): string[] {
  const { ink, width, home } = options
  const { id, state, hint } = check
  const sign = signsOf(ink)[state]
  const lead = `  ${sign} ${state.padEnd(4)} ${id}`
  const message = short(check.message, home)
  const room = width < narrow ? 4 : indent
  const text =
    width < narrow
      ? [lead, ...wrapped(message, width - room).map(line => `${' '.repeat(room)}${line}`)]
      : hanging(lead, message, room, width)
  const [first = '', ...rest] = text
  const dyed = first.replace(`${sign} ${state}`, dyes(ink)[state](`${sign} ${state}`))
  // A text to paste stands alone on its line and is never broken.
  const typed = hint === null ? [] : [`${' '.repeat(room)}${ink.bold(short(hint, home))}`]
  return [dyed, ...rest, ...typed]
}

/** `~` in place of the home, except where quotes would keep a shell from reading it. */
function short(text: string, home: string): string {
  if (home === '/' || text.includes("'")) return text
  return text.replaceAll(new RegExp(`(^|[ (])${escaped(home)}(?=/)`, 'g'), '$1~')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
