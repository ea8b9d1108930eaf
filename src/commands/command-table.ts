// The one table of commands: help, completions, the manual page, docs/commands.md and the parsing of flags come from it.

import { nearestKey } from '../host/config/nearest-key.js'
import type { CommandEntry } from './command-entry.js'
import { doctor } from './table/doctor.js'
import { install, uninstall } from './table/install.js'
import { log } from './table/log.js'
import { login } from './table/login.js'
import { logout } from './table/logout.js'
import { completion, demo, ensure, hook } from './table/plumbing.js'
import { status } from './table/status.js'

const table = [
  status,
  doctor,
  login,
  logout,
  log,
  install,
  uninstall,
  ensure,
  hook,
  completion,
  demo,
] as const satisfies readonly CommandEntry[]

export type CommandName = (typeof table)[number]['name']
export type NamedEntry = CommandEntry & { name: CommandName }

/** In the order in which people read of them. To add a command, add its entry here, and its module to ../main.ts. */
export const commandTable: readonly NamedEntry[] = table

/** The command called `name`, or null. */
export function commandNamed(name: string): NamedEntry | null {
  return commandTable.find(entry => entry.name === name) ?? null
}

/** The command that was most likely meant by a wrong name, or null when nothing is near. */
export function nearestCommand(name: string): string | null {
  return nearestKey(
    name,
    commandTable.map(entry => entry.name),
  )
}
