// What people outside read: a message as lines in the markup of a sink, and as one JSON object for programs.

import { reasonWords } from '../policy/outcome.js'
import { clean } from '../text/clean.js'
import { dateTimeUtc, spanWords } from '../text/durations.js'
import type { AlertMessage } from './memory.js'
import { runbookEntry } from './sign-in-words.js'
import type { AlertContext, Markup } from './sink.js'
import { peopleLines, peopleObject, toldLines, toldObject } from './site-news.js'

/** A message in two to four lines (twenty of changes); the first says all that a subject line has to say. */
export function messageLines(
  message: AlertMessage,
  context: AlertContext,
  markup: Markup,
): [string, ...string[]] {
  if (message.kind === 'changes') return toldLines(message.told, markup)
  if (message.kind === 'people') return peopleLines(message.told, markup)
  const { text, command, link } = markup
  const who = `${text(context.user, 64)} on ${text(context.host, 100)}`
  const lines: [string, ...string[]] = [headline(message, who), ...because(message)]
  if (asksForPerson(message)) {
    const email = context.email === null ? '' : ` as ${text(context.email, 254)}`
    const type = command(commandOf(context))
    lines.push(`To do: on that host type ${type} (works over SSH) and sign in${email}.`)
    // The runbook of the package is a path on that host: useless on another machine.
    if (context.runbook !== null) {
      const entry = runbookEntry(context.runbook, topic(message))
      lines.push(`More: ${/^https?:\/\//i.test(entry) ? link(entry) : text(entry, 300)}`)
    }
  }
  return lines
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
    reason: reason === null ? null : reasonWords[reason],
    at: iso(message.atMs),
    since: iso(message.sinceMs),
    loginEndsAt: message.kind === 'login-ends' ? iso(message.endsAtMs) : null,
    needsSignIn: asksForPerson(message) && message.kind !== 'login-ends',
    toDo: asksForPerson(message) ? commandOf(context) : null,
    runbook: isOfSite(message) ? null : runbookEntry(context.runbook, topic(message)),
    ...(message.kind === 'changes' ? toldObject(message.told) : {}),
    ...(message.kind === 'people' ? peopleObject(message.told) : {}),
  }
}

function commandOf({ command }: AlertContext): string {
  return command ?? 'claude-auth login'
}

type LoginMessage = Exclude<AlertMessage, { kind: 'changes' | 'people' }>

/** It is about the site, and no login. */
function isOfSite({ kind }: AlertMessage): boolean {
  return kind === 'changes' || kind === 'people'
}

function headline(message: LoginMessage, who: string): string {
  switch (message.kind) {
    case 'sign-in-needed':
      return `claude-auth: ${who} needs to sign in to Claude.`
    case 'sign-in-over':
      return `claude-auth: ${who} is signed in to Claude again; nothing is left to do.`
    case 'login-ends':
      return `claude-auth: the Claude sign-in of ${who} ends in ${spanWords(message.atMs, message.endsAtMs)}, at ${dateTimeUtc(message.endsAtMs)}. It still works.`
    case 'test':
      return `claude-auth: this is a test message from ${who}; nothing is wrong.`
    case 'sign-in-unsteady':
      return `claude-auth: the Claude sign-in of ${who} changed ${message.changes} more times since ${dateTimeUtc(message.sinceMs)}. ${message.needed ? 'Now a sign-in is needed.' : 'Now all is well.'}`
  }
}

function because(message: LoginMessage): string[] {
  if (message.kind === 'login-ends' || message.kind === 'test') return []
  if (message.kind === 'sign-in-over')
    return [`It was needed since ${dateTimeUtc(message.sinceMs)}.`]
  if (message.because === null) return []
  const since = message.kind === 'sign-in-needed' ? `, since ${dateTimeUtc(message.sinceMs)}` : ''
  return [`Reason: ${reasonWords[message.because]} (${message.because})${since}.`]
}

function asksForPerson(message: AlertMessage): boolean {
  if (message.kind === 'sign-in-unsteady') return message.needed
  return message.kind === 'sign-in-needed' || message.kind === 'login-ends'
}

function topic(message: AlertMessage): string {
  if (message.kind === 'login-ends') return 'login-ends'
  return ('because' in message && message.because) || 'alerts'
}

function iso(timeMs: number): string | null {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
