// Who is told, and how early: the resolved `alerts`.

import { isAbsolute } from 'node:path'
import { durationMs } from '../duration.js'
import type { Config } from './resolved.js'
import type { Resolving } from './resolving.js'
import type { ConfigFile } from './schema.js'
import { fillIn } from './template.js'

const standardWarnings = ['7d', '3d', '1d']

/**
 * Early warnings come longest first, each once. Where the machine's file says who is told, but not how early, a user's list
 * (`isAddition`) adds to the standard one: with an empty list nobody would be warned there.
 */
export function resolveAlerts(to: Resolving, isAddition: boolean): Config['alerts'] {
  const said = to.data.alerts ?? {}
  const { slack, teams, email, command, runbook, beforeLoginEnds = standardWarnings } = said
  const isRunnable = command === undefined || isAbsolute(command[0] ?? '')
  if (!isRunnable) to.misfit(['alerts', 'command', 0], 'expected the full path of a program')
  const rule = { defaultMs: 0, min: '1h', max: '365d' }
  const before = beforeLoginEnds
    .map((text, at) => to.duration(['alerts', 'beforeLoginEnds', at], text, rule))
    .filter(ms => ms > 0)
  const added = isAddition
    ? standardWarnings.map(text => durationMs(text) ?? 0).filter(ms => !before.includes(ms))
    : []
  const webhook = (name: 'slack' | 'teams', file: string | undefined) => {
    const webhookFile = to.file(['alerts', name, 'webhookFile'], file)
    return webhookFile === null ? null : { webhookFile }
  }
  return {
    slack: webhook('slack', slack?.webhookFile),
    teams: webhook('teams', teams?.webhookFile),
    email: email === undefined ? null : resolveEmail(to, email),
    command: isRunnable ? (command ?? null) : null,
    runbook: runbook ?? null,
    beforeLoginEndsMs: [...new Set([...before, ...added])].sort((a, b) => b - a),
  }
}

type EmailText = NonNullable<NonNullable<ConfigFile['alerts']>['email']>

function resolveEmail(to: Resolving, email: EmailText): Config['alerts']['email'] {
  const address = (key: string, text: string) => {
    const filled = fillIn(text, to.names, 'file')
    const value = 'value' in filled ? filled.value : null
    if (value !== null && isPlainAddress(value)) return [value]
    const expected = 'expected' in filled ? filled.expected : 'expected an e-mail address'
    to.misfit(['alerts', 'email', key], expected)
    return []
  }
  if ((email.to ?? []).length === 0)
    to.misfit(['alerts', 'email'], 'expected `to`: who gets the message')
  const recipients = [email.to ?? []].flat().flatMap(text => address('to', text))
  const [from = null] = email.from === undefined ? [] : address('from', email.from)
  const sendmail = to.file(['alerts', 'email', 'sendmail'], email.sendmail)
  return recipients.length === 0 ? null : { to: recipients, from, sendmail }
}

/** An address that can stand in a header and as an argument as it is: without name, quotes or list (RFC 5322 `dot-atom`). */
function isPlainAddress(text: string): boolean {
  return /^[\w.!#$%&'*+/=?^`|~][\w.!#$%&'*+/=?^`|~-]*@[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text)
}
