// A line of the journal as a sentence: when, what changed and why, and which actor.

import type { Actor, Deed, JournalLine, LastRun, LastStep } from '../login/journal.js'
import { deedWords, reasonWords } from '../policy/outcome.js'
import { clean } from '../text/clean.js'
import { timestampWords } from '../text/durations.js'
import type { Ink } from '../text/terminal.js'
import { wrapped } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'

const happened: Partial<Record<Deed, string>> = {
  renew: 'renewed the login',
  restore: 'put the stored login back',
  verify: 'checked the login with the server',
  'back-up': 'stored a copy of the login',
  'sign-in': 'a sign-in is needed',
  recover: 'finished what an interrupted run had begun',
  adopt: 'found another login in the file',
  'keep-aside': 'kept a copy of a login aside',
  'record-token': 'stored a new long-lived token',
  'take-custody': 'moved the refresh token from the login file to the sealed store',
  'hand-back': 'handed the refresh token back to the login file',
  'sign-in-over': 'the sign-in is no longer needed',
  'signed-in': 'signed in',
  'sign-out': 'signed out',
  // The detail names it.
  'store-access': 'saw a change',
  alert: 'sent a message',
}

/** Reasons that only the journal knows, beside those of a step. */
const journalReasons: Record<string, string> = {
  elsewhere: 'on another host',
  'not-renewed': 'the client did not renew it',
  'maybe-spent': 'the answer of the login server was lost',
  revoked: 'the server was asked to revoke it',
  vanished: 'the login file is gone, and the client knows no account',
  'after-sign-out': 'after a sign-out',
}

/** Deeds whose sentence already says the reason. */
const whole: Record<string, string> = {
  'adopt first-seen': 'found a login in the file for the first time',
  'adopt changed': 'found a newer login in the file',
  'sign-out signed-out': 'signed out',
  'record-token forced': 'stored a new long-lived token',
  'recover killed': 'finished what an interrupted run had begun',
}

const actors: Record<Actor, string> = {
  launch: 'a launch',
  hook: 'a running session',
  timer: 'the timer',
  command: 'a command',
}

/** One line: `2026-12-12 09:14:03  renewed the login: half of its time was over (by the timer on box)`. */
export function journalSentence({ atMs, entry }: JournalLine): { time: string; words: string } {
  const what = happenedWords(entry)
  const joint = entry.did === 'alert' || entry.did === 'store-access' ? ':' : ';'
  const detail = entry.detail ? `${joint} ${clean(entry.detail, 600)}` : ''
  const actor = Object.hasOwn(actors, entry.actor) ? actors[entry.actor] : clean(entry.actor, 20)
  const prints = [entry.before, entry.after].map(print => (print ? clean(print, 8) : null))
  const change = prints.some(print => print !== null)
    ? ` [${prints.map(print => print ?? 'none').join(' -> ')}]`
    : ''
  return {
    time: timestampWords(atMs),
    words: `${what}${detail} (by ${actor} on ${clean(entry.host, 80)})${change}`,
  }
}

function happenedWords({ did, because, after }: JournalLine['entry']): string {
  // The detail names its subject.
  if (did === 'alert' && because === 'left') return 'left a message to another host'
  if (did === 'alert') return because === 'failed' ? 'could not send a message' : 'sent a message'
  if (did === 'sign-in-over') return `${happened[did]} (before: ${reasonOf(because)})`
  if (did === 'renew' && !after) return `could not renew the login: ${why(because)}`
  if (did === 'observe') {
    const [deed = '', reason = ''] = because.split(':')
    return reason === ''
      ? `only observed: ${reasonOf(because)}`
      : `only observed; it would ${deedOf(deed)}: ${reasonOf(reason)}`
  }
  const story = ownText(whole, `${did} ${because}`)
  if (story !== undefined) return story
  const what = ownText(happened, did) ?? clean(did, 40)
  // The reason of that is always the same: the token is safe elsewhere.
  if (because === '' || did === 'take-custody') return what
  return `${what}: ${why(because)}`
}

function why(because: string): string {
  return ownText(journalReasons, because) ?? reasonOf(because)
}

/** One of another version is shown as it is. */
function reasonOf(because: string): string {
  return ownText(reasonWords, because) ?? clean(because, 60)
}

/** The same of a step. */
function deedOf(deed: string): string {
  return ownText(deedWords, deed) ?? clean(deed, 60)
}

function ownText(table: Partial<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

const noLaunch = 'No launch has had to check the login yet.'
const atOnce = 'A launch that finds the login good starts at once and records nothing.'

/** Of the words behind a time: two blanks, the time, two blanks. */
const storyIndent = 11

/** The lines for stdout; `width`: the terminal's, to break long lines at. */
export function lastRunLines(run: LastRun | null, ink: Ink, width: number | null = null): string[] {
  const broken = (words: string, indent = 0) => hung(words, indent, width)
  if (run === null) return [noLaunch, atOnce].flatMap(words => broken(words))
  const head =
    run.actor === 'launch'
      ? 'The last launch that had to check the login'
      : `${noLaunch} The last other run`
  const story: [number, string][] = run.steps.map(step => [step.afterMs, stepWords(step)])
  const told = run.toldAfterMs
  if (told !== null && run.actor === 'launch') {
    const at = story.findIndex(([afterMs]) => afterMs >= told)
    const words = run.verdict === 'sign-in' ? 'the launch was told' : 'Claude could start'
    story.splice(at === -1 ? story.length : at, 0, [told, words])
  }
  return [
    ink.bold(`${head}: ${timestampWords(Date.parse(run.at))} on ${clean(run.host, 80)}`),
    ...story.flatMap(([afterMs, words]) => {
      const lead = `  ${ink.dim(seconds(afterMs))}  `
      return broken(words, storyIndent).map((line, at) =>
        at === 0 ? `${lead}${line.slice(storyIndent)}` : line,
      )
    }),
    ...broken(
      `Result: ${clean(run.verdict, 20)} (${reasonOf(run.because)}), after ${seconds(run.tookMs).trim()}.`,
    ),
    ...(run.trouble ? broken(`It needs care: ${clean(troubleText(run.trouble), 400)}`) : []),
    ...(run.said.length > 0
      ? ['Output:', ...run.said.flatMap(line => broken(clean(line, 200), 2))]
      : []),
    ...broken(atOnce),
  ]
}

/** Each line behind `indent` blanks. */
function hung(words: string, indent: number, width: number | null): string[] {
  const lines = width === null ? [words] : wrapped(words, Math.max(width - indent, 20))
  return lines.map(line => `${' '.repeat(indent)}${line}`)
}

function stepWords({ do: deed, because, ms, done }: LastStep): string {
  const outcome = done ? '' : '; not done'
  return `${deedOf(deed)}: ${reasonOf(because)}${outcome} (${Math.round(ms)} ms)`
}

/** `   0.31 s`, all of a width up to 999 s. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(7)
}
