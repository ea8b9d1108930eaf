// What a check finds and says, what would fix it, and what doctor may look at. No I/O.

import type { Verdict } from '../policy/outcome.js'
import { ownerWords } from '../system/owner.js'
import type { Env } from '../system/paths.js'
import { quoted, type Trouble } from '../system/trouble.js'
import { clean, cleanLine } from '../text/clean.js'
import { troubleSentence } from '../text/trouble.js'

/** `note`: good to know. `warn`: works now, needs care. `fail`: does not work. */
export type CheckState = 'ok' | 'note' | 'warn' | 'fail'

/** Something safe that `--fix` can do, as a value: it is shown before it is done. */
export type Fix =
  | { do: 'chmod'; path: string; mode: number }
  | { do: 'remove-lock'; path: string; birthtimeMs: number }
  /** Our link in place of one that leads elsewhere. */
  | { do: 'relink'; path: string; target: string }
  | { do: 'onboarding'; path: string }
  /** One run of the engine, which renews, restores and stores as needed. */
  | { do: 'ensure' }

/** What a check finds; null: it does not apply here. */
export interface Finding {
  state: CheckState
  words: Words
  fixes?: Fix[]
}

/** One line of the report. */
export interface Check {
  id: string
  group: string
  state: CheckState
  message: string
  /** What to type or do; null where nothing is to be done. */
  hint: string | null
  /** Empty: nothing that we would do. */
  fixes: Fix[]
}

/** Where one of these fails, Claude or claude-auth does not start, or can't save what it gets. */
const breaking = ['config', 'client', 'disk', 'own-files', 'settings']

/** What the engine says stands; a check that needs care makes a good login `attention`. */
export function verdictOf(engine: Verdict, checks: readonly Check[]): Verdict {
  if (engine !== 'ok') return engine
  if (checks.some(({ id, state }) => state === 'fail' && breaking.includes(id))) return 'broken'
  return checks.some(({ state }) => state === 'warn' || state === 'fail') ? 'attention' : 'ok'
}

export function ok(message: string): Finding {
  return { state: 'ok', words: { message, hint: null } }
}

export function found(state: CheckState, words: Words, ...fixes: Fix[]): Finding {
  return { state, words, fixes }
}

/** Whose environment doctor looks at, from where, and what it may ask. */
export interface ExamineOptions {
  env: Env
  cwd: string
  offline: boolean
  /** Send a test message to every alert sink. */
  testAlert: boolean
}

/** What a check says: one sentence, and what to type; null where there is nothing to do. */
export interface Words {
  message: string
  hint: string | null
}

/** A path (or another single word) as a shell takes it. */
export function pasted(path: string): string {
  return quoted(clean(path, 1_000))
}

/** A path inside a sentence. */
export function shown(path: string): string {
  return clean(path, 1_000)
}

/** One line each, without what steers a terminal. */
export function words(message: string, hint: string | null = null): Words {
  return { message: cleanLine(message), hint: hint && cleanLine(hint) }
}

export interface Counts {
  fail: number
  warn: number
  note: number
}

/** The first line of the report. `isFixedByLaunch`: the login does not work before the next one. */
export function verdictLine(
  verdict: Verdict,
  { fail, warn }: Counts,
  isFixedByLaunch = false,
): string {
  switch (verdict) {
    case 'ok':
      return 'All is well.'
    case 'sign-in':
      return 'You need to sign in.'
    case 'no-answer':
      return 'The token has expired, and the server gives no answer.'
    case 'broken':
      return 'claude-auth does not work here.'
    case 'attention':
      return `${isFixedByLaunch ? 'The next launch fixes the login' : 'It works now'}; ${needsCare(fail + warn)}.`
  }
}

export function needsCare(count: number): string {
  return count === 1 ? 'one thing needs care' : `${count} things need care`
}

/** `13 checks, one needs care, 2 notes`. */
export function groupWords(checks: number, { fail, warn, note }: Counts): string {
  const parts = [
    checks === 1 ? '1 check' : `${checks} checks`,
    ...(fail + warn === 0
      ? []
      : [fail + warn === 1 ? 'one needs care' : `${fail + warn} need care`]),
    ...(note === 0 ? [] : [note === 1 ? '1 note' : `${note} notes`]),
  ]
  return parts.join(', ')
}

/** Below the groups. */
export function wholeHint(of: 'login' | 'machine'): string {
  return `Every check and note: claude-auth doctor${of === 'machine' ? ' --system' : ''} --verbose`
}

/** The last lines, where claude-auth can fix something: the command stands alone, to be pasted. */
export function fixHint(count: number): string[] {
  const what = count === 1 ? 'One of these' : `${count} of these`
  return [`${what} can be fixed for you:`, '  claude-auth doctor --fix']
}

/** Shown while it takes long, at a terminal. */
export const lookingWords = 'looking'
export const needsYes = 'doctor --fix asks on a terminal; elsewhere add --yes'
export const nothingToFix = 'There is nothing that claude-auth can fix.'
export const fixQuestion = 'Fix this now? [Y/n] '

/** A fix before it is done: `login-mode: chmod 600 FILE`. */
export function fixLine(id: string, does: string): string {
  return `  ${id}: ${does}`
}

export function fixedLine(id: string, does: string): string {
  return `Fixed ${id}: ${does}.`
}

export function notFixedLine(id: string, why: string): string {
  return `Not fixed ${id}: ${why}.`
}

/** What each kind of fix does, as it is shown before. */
export const fixWords = {
  chmod: (path: string, mode: string) => `chmod ${mode} ${pasted(path)}`,
  removeLock: (path: string) => `rmdir ${pasted(path)}`,
  relink: (path: string, target: string) => `ln -sfn ${pasted(target)} ${pasted(path)}`,
  onboarding: (path: string) => `set hasCompletedOnboarding in ${shown(path)}`,
  ensure: 'claude-auth ensure --force',
}

/** Why a fix was not made. */
export const refusals = {
  notYours: (path: string, uid: number) => `${shown(path)} ${ownerWords(uid)}`,
  notThere: (path: string) => `${shown(path)} is not there any more`,
  isLink: (path: string) => `${shown(path)} is a link`,
  inUse: (path: string) => `${shown(path)} is in use again`,
  failed: (path: string, code: string) => `${shown(path)} could not be changed (${code})`,
  notJson: (path: string) => `${shown(path)} holds no JSON object`,
  notOurs: 'this home belongs to another user',
  ensureFailed: (verdict: string) => `ensure ended with ${verdict}`,
}

/** Of what the next launch would put right, where claude-auth only observes. */
export function observedWords({ message }: Words): Words {
  const found = message.replace(/[;,]? the next launch [^;]*\.$/, '').replace(/\.$/, '')
  return words(`${found}; claude-auth only observes.`)
}

export function unknownCheck(id: string, nearest: string | null): string {
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`
  return `doctor has no check ${clean(JSON.stringify(id), 60)}${hint}`
}

export function notHere(): Words {
  return words('This does not apply here.')
}

/** A configuration that is wrong: the first problem, and how many more there are. */
export function configWrong(message: string, more: number, hint: string): Words {
  const others = more === 0 ? '' : ` (and ${more} more)`
  return words(`${clean(message, 400)}${others}`, clean(hint, 400))
}

/** A trouble without its command, as the begin of a sentence. */
export function causeOf(trouble: Trouble): string {
  const cause = troubleSentence(trouble)
  return clean(cause.charAt(0).toUpperCase() + cause.slice(1), 400)
}

/** A trouble and its command; behind `head`: `A message was not delivered`. */
export function troubleWords(trouble: Trouble, head: string | null = null): Words {
  const command = trouble.command && clean(trouble.command, 400)
  const message =
    head === null ? causeOf(trouble) : `${head}: ${clean(troubleSentence(trouble), 400)}`
  return words(`${message}.`, command)
}
