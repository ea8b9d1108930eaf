// The words before Claude starts: the verdict and the notes beside it, and what to type. Nothing when all is well. At most
// six lines, each begins with `claude-auth: ` and fits 80 columns (commands and addresses excepted), no color.

import { type SignInFacts, signInSentences } from '../alerts/sign-in-words.js'
import type { Step, Verdict } from '../policy/outcome.js'
import { deedWords, isSignInReason, reasonWords } from '../policy/outcome.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { clean, cleanMiddle, columnsOf } from '../text/clean.js'
import { aboutWords, dateTimeWords, spanWords } from '../text/durations.js'
import { linePrefix, say, widest } from '../text/terminal.js'
import { isNetworkTrouble, troubleForms, troubleSentence, troubleText } from '../text/trouble.js'

/** All that the lines of a launch are made of. Times in epoch milliseconds. */
export interface ReportFacts extends SignInFacts {
  verdict: Verdict
  because: Step['because']
  user: string
  host: string
  expiresAtMs: number | null
  /** For `attention` and `own-trouble`. */
  trouble?: Trouble
  /** The login file exists and may not be read; `trouble` names its owner and what to type. */
  isClosed?: boolean
  /** The client was asked to renew, and did not. */
  notByClient?: boolean
  notes?: Note[]
}

/** Something to say beside the verdict, one line each. The caller keeps count of what is said once only. */
export type Note =
  /**
   * `winner`: `ANTHROPIC_API_KEY from the environment`, `apiKeyHelper in /home/a/.claude/settings.json`. `isBilled`: each request
   * is paid for by the Console's account.
   */
  | { say: 'other-credential'; winner: string; isBilled?: boolean }
  | { say: 'shared-token' }
  /** Positive: this machine is ahead of the server. */
  | { say: 'clock-off'; offMs: number }
  | { say: 'observe'; would: Step }
  /** `longLived`: it is the end of a long-lived token. */
  | { say: 'login-ends'; endsAtMs: number; longLived?: boolean }
  /** A message to the people outside was not taken. */
  | { say: 'alert-failed'; trouble: Trouble }
  /** What changed about our access to the store. */
  | { say: 'store-access'; trouble: Trouble }
  /** Logins to MCP servers left the login file with what could not be read. */
  | { say: 'lost-neighbours' }
  /** A place that others can change. */
  | { say: 'distrust'; trouble: Trouble }
  | { say: 'own-trouble'; trouble: Trouble }
  | { say: 'attention'; trouble: Trouble }

/** What a launch says at most, the question at a prompt included. */
export const mostLines = 6

/** For a launch that starts the client before the renewal has ended. */
export const lateLine = `${linePrefix}No answer from the login server yet; Claude starts, the renewal goes on.`

/** A launch that would end the whole login. */
export const unsavedLine = `${linePrefix}Claude was not started: with the old login it would sign you out.`

/** A launch that would spend the refresh token, and lose what comes for it. */
export const fixedLine = `${linePrefix}Claude was not started: it would lose its login, which can't be saved.`

/** The lines of a launch, for stderr; none when there is nothing a person needs to know. */
export function launchLines(facts: ReportFacts): string[] {
  const notes = (facts.notes ?? []).map(note => noteLine(note, facts.nowMs))
  return [...verdictLines(facts), ...notes].slice(0, mostLines)
}

function verdictLines(facts: ReportFacts): string[] {
  if (facts.verdict === 'sign-in' && isSignInReason(facts.because)) {
    return signInSentences(facts, facts.because).map(options => say(...options))
  }
  if (facts.verdict === 'no-answer') return [noAnswerLine(facts)]
  if (facts.verdict === 'attention') {
    const trouble = facts.trouble ?? makeTrouble(reasonWords[facts.because])
    return [noteLine({ say: 'attention', trouble }, facts.nowMs)]
  }
  if (facts.isClosed && facts.trouble !== undefined) return [closedLine(facts.trouble)]
  if (facts.verdict !== 'ok' || facts.because === 'own-trouble') {
    const trouble = facts.trouble ?? makeTrouble('claude-auth could not check the login')
    return [noteLine({ say: 'own-trouble', trouble }, facts.nowMs)]
  }
  return []
}

/** The command is what helps, so it is never shortened. */
function closedLine(trouble: Trouble): string {
  const what = troubleSentence(trouble)
  const command = trouble.command ?? 'claude-auth ensure'
  const sentence = clean(`${what.charAt(0).toUpperCase()}${what.slice(1)}`, 300)
  return `${linePrefix}${what.startsWith('/') ? clean(what, 300) : sentence}. Type: ${clean(command, 1_000)}`
}

function noAnswerLine(facts: ReportFacts): string {
  const { sinceMs, nowMs, notByClient, trouble } = facts
  if (notByClient) return say('The client did not renew the login. Type: claude-auth ensure')
  if (trouble && isNetworkTrouble(trouble)) return noteLine({ say: 'attention', trouble }, nowMs)
  const since = sinceMs === null ? '' : ` for ${spanWords(sinceMs, nowMs)}`
  return say(
    `No answer from the server${since}. Type: claude-auth ensure`,
    'No answer from the login server. Type: claude-auth ensure',
  )
}

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
        `Only observing. ${wouldWords(note.would)}: ${reasonWords[note.would.because]}.`,
        `Only observing. ${wouldWords(note.would)} (${note.would.because}).`,
      )
    case 'login-ends':
      return earlyWarningLine(note.endsAtMs, nowMs, note.longLived)
    case 'alert-failed':
      return `${linePrefix}${alertFailedSentence(note.trouble)}`
    case 'store-access':
      return troubleLine(note.trouble, '. See: claude-auth log')
    case 'lost-neighbours':
      return say('A broken login file was put aside, MCP logins too. See: claude-auth log')
    case 'distrust':
      return `${linePrefix}${clean(troubleText(note.trouble), 1_000)}`
    case 'own-trouble':
      return troubleLine(note.trouble, `; Claude starts${seeEnsure}`, seeEnsure)
    case 'attention':
      return troubleLine(note.trouble, seeEnsure)
  }
}

/** What `mode: observe` would do, as the begin of a sentence. */
export function wouldWords(would: Step): string {
  return `It would ${deedWords[would.do]}`
}

/** That a message was not taken, and why: as long as it is, since a command to type stands at its end. */
export function alertFailedSentence(trouble: Trouble): string {
  const again = trouble.command === null ? '; it will be tried again' : ''
  return `The message was not sent: ${clean(troubleText(trouble), 600)}${again}.`
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

/** The name is shown whole; of a long path both ends, with the file's name. */
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
function troubleLine(trouble: Trouble, ...ends: [string, ...string[]]): string {
  // The name of a file at the begin stays as it is.
  const isPath = trouble.cause.startsWith('/')
  const forms = isPath ? troubleForms(trouble) : troubleForms(trouble).map(begun)
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
