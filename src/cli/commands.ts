// The one table of commands: help, completions, the manual page, docs/commands.md and the parsing of flags come from it.

import { completingShells } from '../install/shells/table.js'
import { AuthError } from '../system/trouble.js'
import { nearestKey } from '../text/nearest.js'
import { entry as base } from './base.js'
import { entry as changes } from './changes.js'
import { type CommandEntry, wordShown } from './command.js'
import { entry as demo } from './demo.js'
import { entry as doctor } from './doctor.js'
import { entry as ensure } from './ensure-flags.js'
import { entry as fleet } from './fleet.js'
import { entry as hook } from './hook.js'
import { entry as install } from './install.js'
import { entry as log } from './log.js'
import { entry as login } from './login.js'
import { entry as logout } from './logout.js'
import { entry as offboard } from './offboard-flags.js'
import { entry as roster } from './roster.js'
import { entry as status } from './status.js'
import { entry as uninstall } from './uninstall.js'

const shellNames = completingShells.map(({ name }) => name)

/** Made from the table of shells; the script itself is made from the table of commands (completion.ts). */
export const completionEntry = {
  name: 'completion',
  group: 'plumbing',
  summary: `completions for ${shellNames.slice(0, -1).join(', ')} or ${shellNames.at(-1)}`,
  about: 'Prints the completion script of claude-auth, which the shell reads when it starts.',
  operands: [{ name: 'SHELL', choices: shellNames }],
  flags: {},
  notes: completingShells.map(({ completion }) => completion.note),
  examples: ['claude-auth completion bash'],
} as const satisfies CommandEntry

const table = [
  status,
  doctor,
  login,
  logout,
  log,
  install,
  uninstall,
  fleet,
  offboard,
  roster,
  changes,
  base,
  ensure,
  hook,
  completionEntry,
  demo,
] as const satisfies readonly CommandEntry[]

export type CommandName = (typeof table)[number]['name']
export type NamedEntry = CommandEntry & { name: CommandName }

/** In the order in which people read of them. To add a command, add its entry here, its module to ../main.ts, and where it is no part of the
 * main bundle its name to scripts/bundles.json. */
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

/** The `usage` error for `name`, with the command that was most likely meant. */
export function unknownCommand(name: string): AuthError {
  const near = nearestCommand(name)
  const meant = near === null ? '' : `; did you mean ${near}?`
  return new AuthError('usage', `there is no command ${wordShown(name, 'of that name')}${meant}`, {
    ...(near === null ? {} : { hint: `claude-auth ${near}` }),
  })
}
