// From the command line to a command: one table, one catch, one exit code.

import { AuthError } from './host/error.js'
import type { Env } from './host/paths.js'
import { version } from './version.js'

/** Runs the command that `argv` names and gives the exit code; never throws. */
export async function main(argv: string[], env: Env): Promise<number> {
  const [name = '--help', ...rest] = argv
  try {
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${version}\n`)
      return 0
    }
    if (name === '--help' || name === '-h' || name === 'help')
      return await help(rest[0] ?? null, env)
    if (rest.includes('--help') || rest.includes('-h')) return await help(name, env)
    const { commandNamed } = await import('./commands/command-table.js')
    const entry = commandNamed(name)
    if (entry === null) throw await unknown(name)
    const command = await entry.load()
    return await command(rest, env)
  } catch (error) {
    const { errorLines } = await import('./report/error-text.js')
    process.stderr.write(`${errorLines(error).join('\n')}\n`)
    return error instanceof AuthError ? error.exitCode : 1
  }
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
