// What the program says of itself, its help and its version, as a bundle of its own: small enough that no code of it is kept.

import { commandNamed, unknownCommand } from './cli/commands.js'
import { exitCodeOf } from './cli/exit-code.js'
import { helpFor } from './cli/help.js'
import type { Env } from './system/paths.js'
import { inkFor } from './text/ink.js'
import { widthOf } from './text/wrap.js'
import { version } from './version.js'

/** As `main` of main.ts, for a command line that asks for no more than words: the overview where it names no command. */
export async function main([name = '--help', ...rest]: string[], env: Env): Promise<number> {
  return exitCodeOf(async () => {
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${version}\n`)
      return 0
    }
    const isAlone = name === '--help' || name === '-h' || name === 'help'
    return help(isAlone ? (rest[0] ?? null) : name, env)
  })
}

/** Prints the help of `name`, or the overview. Throws `usage` for a name that is no command. */
async function help(name: string | null, env: Env): Promise<number> {
  if (name !== null && commandNamed(name) === null) throw unknownCommand(name)
  const { stdout } = process
  const page = { width: widthOf(stdout), ink: await inkFor(env, stdout.isTTY === true) }
  stdout.write(helpFor(name, page))
  return 0
}
