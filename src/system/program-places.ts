// Where this program stands, and where an installation puts it for one person and for the machine.

import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of an installation for all users. */
export const machineProgram = '/usr/local/lib/claude-auth'

/** The folder of an installation for one person. */
export function personProgram(home: string): string {
  return join(home, '.local/lib/claude-auth')
}

/** Where this very program stands: a package, a clone, or an installation. */
export function ownRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && folder !== '/') folder = dirname(folder)
  return folder
}

/** The command of an installation whose versions are in `program`. */
export function installedCommand(program: string): string {
  return join(program, 'current/bin/claude-auth')
}

/** The commands that hooks, wrapper and timer start: the installed ones; where nothing is installed, this program's own. */
export function commandsInPlace(home: string): string[] {
  const installed = [personProgram(home), machineProgram].map(installedCommand).filter(existsSync)
  return installed.length > 0 ? installed : [join(ownRoot(), 'bin/claude-auth')]
}

/** Is `command` of the very program that is running? */
export function isOwnCommand(command: string): boolean {
  try {
    return realpathSync(command) === realpathSync(join(ownRoot(), 'bin/claude-auth'))
  } catch {
    return false
  }
}
