// Which worlds are explored, and how often what may happen in them: the short cut's first.

import { type Budget, nothing, type Setting } from './world.js'
import type { Stand } from './worlds.js'

export interface Scene {
  setting: Setting
  stand: Stand
  budget: Budget
}

type Row = [hosts: 1 | 2, stand: Stand, budget: Partial<Budget>]

const short: Row[] = [
  [1, 'new', { crashes: 1, refreshes: 1 }],
  [1, 'half-life', { crashes: 2 }],
  [1, 'ended', { signIns: 1, logOuts: 1 }],
  [2, 'ended', {}],
]

const whole: Row[] = [
  [1, 'new', { crashes: 2, refreshes: 2 }],
  [1, 'ended', { crashes: 2, refreshes: 1, faults: 1, pauses: 1 }],
  [1, 'half-life', { crashes: 2, faults: 1, ticks: 1 }],
  [1, 'new', { crashes: 1, signIns: 1, logOuts: 1 }],
  [1, 'ended', { crashes: 1, refreshes: 1, signIns: 1, logOuts: 1 }],
  [2, 'half-life', { crashes: 1 }],
  [2, 'new', { crashes: 1 }],
  [2, 'ended', { outages: 1 }],
  [2, 'ended', { faults: 1, pauses: 1 }],
  [2, 'half-life', { signIns: 1 }],
  [2, 'half-life', { logOuts: 1 }],
]

/** All scenes, in either custody. */
export function scenes(isWhole: boolean): Scene[] {
  const rows = isWhole ? [...short, ...whole] : short
  return rows.flatMap(([hosts, stand, budget]) =>
    (['shared', 'sole'] as const).map(custody => ({
      setting: { custody, hosts },
      stand,
      budget: { ...nothing, ...budget },
    })),
  )
}

/** `one host, sole custody, login ended; crashes 1`. */
export function nameOf({ setting, stand, budget }: Scene): string {
  const may = Object.entries(budget).filter(([, times]) => times > 0)
  const words = may.map(([what, times]) => `${what} ${times}`).join(', ')
  const hosts = setting.hosts === 1 ? 'one host' : 'two hosts'
  return `${hosts}, ${setting.custody} custody, login ${stand}${words === '' ? '' : `; ${words}`}`
}
