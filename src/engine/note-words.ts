// What is said beside the verdict, one line each: with the prefix, in 80 columns (commands to type excepted).

import type { Step } from '../policy/outcome.js'
import { deedWords, reasonWords } from '../policy/reasons.js'
import { clean, cleanMiddle, columnsOf } from '../text/clean.js'
import { aboutWords, dateTimeWords, spanWords } from '../text/durations.js'
import { troubleForms } from '../text/trouble.js'
import { linePrefix, say, widest } from '../text/wrap.js'

/** Something to say beside the verdict, one line each. The caller keeps count of what is said once only. */
export type Note =
  /** `ANTHROPIC_API_KEY from the environment`, `apiKeyHelper in /home/a/.claude/settings.json`. */
  /** `isBilled`: each request is paid for by the Console's account. */
  | { say: 'other-credential'; winner: string; isBilled?: boolean }
  | { say: 'shared-token' }
  /** Positive: this machine is ahead of the server. */
  | { say: 'clock-off'; offMs: number }
  | { say: 'observe'; would: Step }
  /** `longLived`: it is the end of a long-lived token. */
  | { say: 'login-ends'; endsAtMs: number; longLived?: boolean }
  /** A message to the people outside was not taken; `detail`: why, and what to type. */
  | { say: 'alert-failed'; detail: string }
  /** What changed about the Vault token. */
  | { say: 'vault-token'; detail: string }
  /** Logins to MCP servers left the login file with what could not be read. */
  | { say: 'lost-neighbours' }
  /** A place that others can change, why, and what to type. */
  | { say: 'distrust'; detail: string }
  | { say: 'own-trouble'; detail: string }
  | { say: 'attention'; detail: string }

const seeEnsure = '. See: claude-auth ensure'
/** Of a path that is too long for the line, at least so much is shown. */
const placeColumns = 20

/** One note as a line. */
export function noteLine(note: Note, nowMs: number): string {
  switch (note.say) {
    case 'other-credential':
      return otherCredentialLine(note.winner, note.isBilled)
    case 'shared-token':
      return say('CLAUDE_CODE_OAUTH_TOKEN is not your own; it may be shared.')
    case 'clock-off': {
      const side = note.offMs > 0 ? 'ahead of' : 'behind'
      return say(
        `The clock here is ${aboutWords(note.offMs)} ${side} the server's. Type: timedatectl`,
      )
    }
    case 'observe':
      return say(
        `Only observing. ${wouldWords(note.would)}: ${reasonWords(note.would.because)}.`,
        `Only observing. ${wouldWords(note.would)} (${note.would.because}).`,
      )
    case 'login-ends':
      return earlyWarningLine(note.endsAtMs, nowMs, note.longLived)
    case 'alert-failed':
      return `${linePrefix}${alertFailedSentence(note.detail)}`
    case 'vault-token':
      return troubleLine(note.detail, '. See: claude-auth log')
    case 'lost-neighbours':
      return say('A broken login file was put aside, MCP logins too. See: claude-auth log')
    case 'distrust':
      return `${linePrefix}${clean(note.detail, 1_000)}`
    case 'own-trouble':
      return troubleLine(note.detail, `; Claude starts${seeEnsure}`, seeEnsure)
    case 'attention':
      return troubleLine(note.detail, seeEnsure)
  }
}

/** What `mode: observe` would do, as the begin of a sentence. */
export function wouldWords(would: Step): string {
  return `It would ${deedWords(would.do)}`
}

/** That a message was not taken, and why: as long as it is, since a command to type stands at its end. */
export function alertFailedSentence(detail: string): string {
  return `The message was not sent: ${clean(detail, 600)}.`
}

/** The one line that warns of a sign-in's end while it still works. */
export function earlyWarningLine(endsAtMs: number, nowMs: number, longLived = false): string {
  const left = spanWords(endsAtMs, nowMs)
  const end = dateTimeWords(endsAtMs, nowMs)
  const what = longLived ? 'This token' : 'This sign-in'
  const type = `Type: claude-auth login${longLived ? ' --long-lived' : ''}`
  return say(
    `${what} ends in ${left}, on ${end}. ${type}`,
    `${what} ends in ${left}, ${end.replace(' at', '')}. ${type}`,
    `${what} ends in ${left}. ${type}`,
  )
}

const usedEnds = [' is used, not your login.', ' replaces your login.', ' is used.']
const billedEnds = [' is used, billed to the Console account.', ' is used; the Console pays.']

/** The name is told whole; of a long path both ends, the file's name among them. */
function otherCredentialLine(winner: string, isBilled = false): string {
  const words = clean(winner, 2_000)
  const [, name = '', place = ''] = /^(\S+ (?:in|from) )(.*)$/.exec(words) ?? ['', '', words]
  const room = (end: string) => widest - columnsOf(`${linePrefix}${name}${end}`)
  const ends = isBilled ? billedEnds : usedEnds
  const end =
    ends.find(each => room(each) >= Math.min(columnsOf(place), placeColumns)) ??
    (ends.at(-1) as string)
  return say(`${name}${cleanMiddle(place, room(end))}${end}`)
}

/** The first of `ends` that leaves room for the cause; of a cause that is too long even so the end is cut. */
function troubleLine(detail: string, ...ends: [string, ...string[]]): string {
  // The name of a file at the begin stays as it is.
  const forms = detail.startsWith('/') ? troubleForms(detail) : troubleForms(detail).map(begun)
  const last = ends.at(-1) ?? ''
  const cut = clean(forms.at(-1) ?? '', widest - columnsOf(`${linePrefix}${last}`))
  const lines = ends.flatMap(end => forms.map(form => `${clean(form, 200)}${end}`))
  return say(...(lines as [string, ...string[]]), `${cut}${last}`)
}

/** A sentence begins with a capital; the name of a file or key stays as it is. */
function begun(words: string): string {
  return /^\p{L}+(?![\p{L}./-])/u.test(words)
    ? `${words.charAt(0).toUpperCase()}${words.slice(1)}`
    : words
}
