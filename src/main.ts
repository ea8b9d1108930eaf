// From the command line to a command: one table, one exit code.

import { exitCodeOf } from './exit-code.js'
import { AuthError } from './host/error.js'
import type { Env } from './host/paths.js'
import { version } from './version.js'

/** Runs the command that `argv` names and gives the exit code; never throws. */
export async function main(argv: string[], env: Env): Promise<number> {
  return exitCodeOf(() => run(argv, env))
}

async function run(argv: string[], env: Env): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  if (name === '--help' || name === '-h' || name === 'help') return help(rest[0] ?? null, env)
  if (rest.includes('--help') || rest.includes('-h')) return help(name, env)
  const { commandNamed } = await import('./commands/command-table.js')
  const entry = commandNamed(name)
  if (entry === null) throw await unknown(name)
  const command = await entry.load()
  return command(rest, env)
}

/** Prints the help of `name`, or the overview. Throws `usage` for a name that is no command. */
async function help(name: string | null, env: Env): Promise<number> {
  const { commandNamed } = await import('./commands/command-table.js')
  if (name !== null && commandNamed(name) === null) throw await unknown(name)
  const { helpFor } = await import('./commands/help.js')
  const { inkFor } = await import('./report/ink.js')
  const { widthOf } = await import('./report/wrap.js')
  const { stdout } = process
  const page = { width: widthOf(stdout), ink: await inkFor(env, stdout.isTTY === true) }
  stdout.write(helpFor(name, page))
  return 0
}

async function unknown(name: string): Promise<AuthError> {
  const { nearestCommand } = await import('./commands/command-table.js')
  const near = nearestCommand(name)
  const meant = near === null ? '' : `; did you mean ${near}?`
  const { wordShown } = await import('./commands/flags.js')
  return new AuthError('usage', `there is no command ${wordShown(name, 'of that name')}${meant}`, {
    ...(near === null ? {} : { hint: `claude-auth ${near}` }),
  })
}
