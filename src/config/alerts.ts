// `alerts` in the configuration: where messages about a needed sign-in go, and how early. Its schema and its resolution.

import * as v from 'valibot'
import { durationMs, durationPattern } from '../text/durations.js'
import type { Resolving } from './forms.js'
import { commandForm, isFullPath, map, matching, path, text } from './forms.js'
import { fillIn } from './template.js'

const address = matching(
  /^[^\s@<>"\\,;:()-][^\s@<>"\\,;:()]*@[^\s@<>"\\,;:()]+$/,
  'an e-mail address such as ops@example.com',
  'An e-mail address; {user} and {host} are filled in.',
)

/** `alerts` as written. */
export const alertsSchema = map(
  {
    slack: map(
      { webhookFile: path('A private file with the webhook’s URL.') },
      'Tell a Slack channel.',
    ),
    teams: map(
      { webhookFile: path('A private file with the URL of a Teams workflow.') },
      'Tell a Microsoft Teams channel.',
    ),
    email: map(
      {
        to: v.optional(
          v.pipe(
            v.union([address, v.array(address)], 'an e-mail address, or a list of them'),
            v.description('Who gets the message.'),
          ),
        ),
        from: v.optional(
          v.pipe(address, v.description('The sender. Default: the user on this host.')),
        ),
        sendmail: path('The program that takes the message. Default: /usr/sbin/sendmail.'),
      },
      'Send an e-mail by the mail system of the machine.',
    ),
    command: commandForm(
      'A program that is given each alert as JSON on stdin; no shell is involved.',
    ),
    runbook: text(
      /^https?:\/\/\S+$/,
      'a web address',
      'The page where a person can read what to do.',
    ),
    beforeLoginEnds: v.optional(
      v.pipe(
        v.array(
          matching(durationPattern, 'a duration such as 7d', 'How long before.'),
          'a list such as [7d, 3d, 1d]',
        ),
        v.description(
          'How long before the end of a login to warn. Default: [7d, 3d, 1d]; [] never warns.',
        ),
      ),
    ),
  },
  'Who is told when a person is needed, and when that is over.',
)

type AlertsText = NonNullable<v.InferOutput<typeof alertsSchema>>

/** The sinks by their keys; null: not configured. */
interface Sinks {
  slack: { webhookFile: string } | null
  teams: { webhookFile: string } | null
  /** `sendmail`: null: wherever this machine has it. `from`: null: as the mail system makes it. */
  email: { to: readonly string[]; from: string | null; sendmail: string | null } | null
  command: readonly string[] | null
}

/** Where messages go, and how early. */
export interface AlertsConfig extends Sinks {
  runbook: string | null
  /** Longest first. */
  beforeLoginEndsMs: readonly number[]
}

/** The keys of `alerts` that name a sink. */
export type SinkName = keyof Sinks

const everySink: Record<SinkName, true> = { slack: true, teams: true, email: true, command: true }

const standardWarnings = ['7d', '3d', '1d']

/**
 * Early warnings come longest first, each once. Where the machine's file says who is told, but not how early, a user's list
 * adds to the standard one: an empty list would disable the warning.
 */
export function resolveAlerts(said: AlertsText, machines: AlertsText, to: Resolving): AlertsConfig {
  const isTold = Object.keys(everySink).some(key => machines[key as SinkName] !== undefined)
  const isAddition = isTold && to.isUsers(['alerts', 'beforeLoginEnds'])
  const { slack, teams, email, command, runbook, beforeLoginEnds = standardWarnings } = said
  const isRunnable = isFullPath(command)
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

type EmailText = NonNullable<AlertsText['email']>

function resolveEmail(to: Resolving, email: EmailText): AlertsConfig['email'] {
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
