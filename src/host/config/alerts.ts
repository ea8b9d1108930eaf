// Who is told, and how early: the resolved `alerts`.

import { isAbsolute } from 'node:path'
import type { Config } from './resolved.js'
import type { Resolving } from './resolving.js'

/** Early warnings come longest first, each once. */
export function resolveAlerts(to: Resolving): Config['alerts'] {
  const { slack, command, runbook, beforeLoginEnds = ['7d', '3d', '1d'] } = to.data.alerts ?? {}
  const webhookFile = to.file(['alerts', 'slack', 'webhookFile'], slack?.webhookFile)
  if (command !== undefined && !isAbsolute(command[0] ?? ''))
    to.report(['alerts', 'command', 0], 'expected the full path of a program')
  const before = beforeLoginEnds.map((text, at) =>
    to.duration(['alerts', 'beforeLoginEnds', at], text, { defaultMs: 0, min: '1h', max: '365d' }),
  )
  return {
    slack: webhookFile === null ? null : { webhookFile },
    command: command ?? null,
    runbook: runbook ?? null,
    beforeLoginEndsMs: [...new Set(before)].sort((a, b) => b - a),
  }
}
