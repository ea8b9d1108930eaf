// What the program says of itself: its help and its version.

import type { Env } from '../system/paths.js'
import { inkFor, widthOf } from '../text/terminal.js'
import { version } from '../version.js'
import { commandNamed, unknownCommand } from './commands.js'
import { helpFor } from './help.js'

/** For a command line that `asksForWords`: the overview where it names no command. Throws `usage` for a wrong name. */
export async function tellWords([name = '--help', ...rest]: string[], env: Env): Promise<number> {
  const { stdout } = process
  if (name === '--version' || name === '-v') {
    stdout.write(`${version}\n`)
    return 0
  }
  const isAlone = name === '--help' || name === '-h' || name === 'help'
  const command = isAlone ? (rest[0] ?? null) : name
  if (command !== null && commandNamed(command) === null) throw unknownCommand(command)
  const page = { width: widthOf(stdout), ink: await inkFor(env, stdout.isTTY === true) }
  stdout.write(helpFor(command, page))
  return 0
}
