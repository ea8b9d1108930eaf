// What people outside read: the message in Slack, and the same as one JSON object for `alerts.command`.

import type { AlertMessage } from './alert-memory.js'
import { clean } from './clean.js'
import { dateTimeUtc, durationWords } from './duration-words.js'
import { reasonWords } from './reason-words.js'
import { runbookEntry } from './sign-in-text.js'

/** Whom and where it is about. Text from elsewhere: cleaned and escaped here. */
export interface AlertContext {
  user: string
  host: string
  /** The e-mail to sign in with, where it is known. */
  email: string | null
  /** `alerts.runbook` of the configuration. */
  runbook: string | null
  /** What helps on that host; `claude-auth login` if not given. */
  command?: string
}

/** The text for Slack: two to four lines of its markup, with all foreign text made harmless. */
export function slackText(message: AlertMessage, context: AlertContext): string {
  const who = `${plain(context.user, 64)} on ${plain(context.host, 100)}`
  const lines = [headline(message, who), ...because(message)]
  if (asksForPerson(message)) {
    const email = context.email === null ? '' : ` as ${plain(context.email, 254)}`
    lines.push(
      `To do: on that host type \`${commandOf(context)}\` (works over SSH) and sign in${email}.`,
    )
    // The runbook of the package is a path on that host: of no use to who reads this elsewhere.
    if (context.runbook !== null)
      lines.push(`More: ${link(runbookEntry(context.runbook, topic(message)))}`)
  }
  return lines.join('\n')
}

/** The object for `alerts.command`: `schemaVersion` 1, times in ISO 8601. */
export function alertObject(message: AlertMessage, context: AlertContext): Record<string, unknown> {
  const reason = 'because' in message ? message.because : null
  return {
    schemaVersion: 1,
    id: message.id,
    event: message.kind,
    user: clean(context.user, 64),
    host: clean(context.host, 253),
    email: context.email === null ? null : clean(context.email, 254),
    because: reason,
    reason: reason === null ? null : reasonWords(reason),
    at: iso(message.atMs),
    since: iso(message.sinceMs),
    loginEndsAt: message.kind === 'login-ends' ? iso(message.endsAtMs) : null,
    needsSignIn: asksForPerson(message) && message.kind !== 'login-ends',
    toDo: asksForPerson(message) ? commandOf(context) : null,
    runbook: runbookEntry(context.runbook, topic(message)),
  }
}

/**
 * Foreign text inside Slack's markup: `&`, `<`, `>` as entities; the signs for bold, struck, code and
 * (at a word's edge) italics replaced by signs that look like them; `@channel` and the like broken.
 */
export function plain(text: string, widest: number): string {
  return clean(text, widest)
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, edge => 'ˍ'.repeat(edge.length))
    .replace(/@(?=channel|here|everyone|group)/gi, '＠')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

function commandOf({ command }: AlertContext): string {
  return command ?? 'claude-auth login'
}

function headline(message: AlertMessage, who: string): string {
  switch (message.kind) {
    case 'sign-in-needed':
      return `claude-auth: ${who} needs to sign in to Claude.`
    case 'sign-in-over':
      return `claude-auth: ${who} is signed in to Claude again; nothing is left to do.`
    case 'login-ends':
      return `claude-auth: the Claude sign-in of ${who} ends in ${durationWords(message.endsAtMs - message.atMs)}, at ${dateTimeUtc(message.endsAtMs)}. It still works.`
    case 'test':
      return `claude-auth: this is a test message from ${who}; nothing is wrong.`
    case 'sign-in-unsteady':
      return `claude-auth: the Claude sign-in of ${who} changed ${message.changes} more times since ${dateTimeUtc(message.sinceMs)}. ${message.needed ? 'Now a sign-in is needed.' : 'Now all is well.'}`
  }
}

function because(message: AlertMessage): string[] {
  if (message.kind === 'login-ends' || message.kind === 'test') return []
  if (message.kind === 'sign-in-over')
    return [`It was needed since ${dateTimeUtc(message.sinceMs)}.`]
  if (message.because === null) return []
  const since = message.kind === 'sign-in-needed' ? `, since ${dateTimeUtc(message.sinceMs)}` : ''
  return [`Reason: ${reasonWords(message.because)} (${message.because})${since}.`]
}

function asksForPerson(message: AlertMessage): boolean {
  if (message.kind === 'sign-in-unsteady') return message.needed
  return message.kind !== 'sign-in-over' && message.kind !== 'test'
}

function topic(message: AlertMessage): string {
  if (message.kind === 'login-ends') return 'login-ends'
  return ('because' in message && message.because) || 'alerts'
}

function link(target: string): string {
  if (!/^https?:\/\//i.test(target)) return plain(target, 300)
  const address = target.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')
  return `<${address.replaceAll('&', '&amp;')}>`
}

function iso(timeMs: number): string | null {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
