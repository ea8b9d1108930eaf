// Who is told, and how early: the resolved `alerts`.

import { isAbsolute } from 'node:path'
import { durationMs } from '../duration.js'
import type { Config } from './resolved.js'
import type { Resolving } from './resolving.js'

const standardWarnings = ['7d', '3d', '1d']

/**
 * Early warnings come longest first, each once. Where the machine's file says who is told, but not how early, a user's list
 * (`isAddition`) adds to the standard one: with an empty list nobody would be warned there.
 */
export function resolveAlerts(to: Resolving, isAddition: boolean): Config['alerts'] {
  const { slack, command, runbook, beforeLoginEnds = standardWarnings } = to.data.alerts ?? {}
  const webhookFile = to.file(['alerts', 'slack', 'webhookFile'], slack?.webhookFile)
  if (command !== undefined && !isAbsolute(command[0] ?? ''))
    to.report(['alerts', 'command', 0], 'expected the full path of a program')
  const before = beforeLoginEnds.map((text, at) =>
    to.duration(['alerts', 'beforeLoginEnds', at], text, { defaultMs: 0, min: '1h', max: '365d' }),
  )
  const added = isAddition
    ? standardWarnings.map(text => durationMs(text) ?? 0).filter(ms => !before.includes(ms))
    : []
  return {
    slack: webhookFile === null ? null : { webhookFile },
    command: command ?? null,
    runbook: runbook ?? null,
    beforeLoginEndsMs: [...new Set([...before, ...added])].sort((a, b) => b - a),
  }
}
