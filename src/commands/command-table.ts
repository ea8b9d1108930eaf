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

/** In the order in which people read of them. To add a command, add its entry here. */
export const commandTable: readonly CommandEntry[] = [
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
]

/** The command called `name`, or null. */
export function commandNamed(name: string): CommandEntry | null {
  return commandTable.find(entry => entry.name === name) ?? null
}

/** The command that was most likely meant by a wrong name, or null when nothing is near. */
export function nearestCommand(name: string): string | null {
  return nearestKey(
    name,
    commandTable.map(entry => entry.name),
  )
}
