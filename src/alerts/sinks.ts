// The registry of sinks: one file a sink in sinks/, loaded when there is something to send or to inspect.

import type { SinkName } from '../config/alerts.js'
import type { Config } from '../config/config.js'
import type { SinkFile } from './sink.js'

export const sinkFiles: Record<SinkName, () => Promise<SinkFile>> = {
  slack: async () => (await import('./sinks/slack.js')).slack,
  teams: async () => (await import('./sinks/teams.js')).teams,
  email: async () => (await import('./sinks/email.js')).email,
  command: async () => (await import('./sinks/command.js')).command,
}

/** In sending order. */
export const sinkNames = Object.keys(sinkFiles) as SinkName[]

/** True where the configuration names no sink at all. */
export function isNobodyTold(alerts: Config['alerts']): boolean {
  return sinkNames.every(name => alerts[name] === null)
}

/** The same alerts without any sink. */
export function silenced(alerts: Config['alerts']): Config['alerts'] {
  return { ...alerts, ...Object.fromEntries(sinkNames.map(name => [name, null])) }
}
