// From the command line to a command: one table, one catch, one exit code.

import { AuthError } from './host/error.js'
import type { Env } from './host/paths.js'
import { version } from './version.js'

type Command = (argv: string[], env: Env) => Promise<number>

const commands: Record<string, () => Promise<Command>> = {
  ensure: async () => (await import('./commands/ensure.js')).ensure,
  login: async () => (await import('./commands/login.js')).login,
  log: async () => (await import('./commands/log-command.js')).logCommand,
  install: async () => (await import('./commands/install.js')).install,
  uninstall: async () => (await import('./commands/uninstall.js')).uninstall,
  demo: async () => (await import('./commands/demo.js')).demo,
}

/** Runs the command that `argv` names and gives the exit code; never throws. */
export async function main(argv: string[], env: Env): Promise<number> {
  const [name = '--help', ...rest] = argv
  try {
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${version}\n`)
      return 0
    }
    const { helpFor } = await import('./commands/help.js')
    if (name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(helpFor(rest[0] ?? null))
      return 0
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(helpFor(name))
      return 0
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) throw new AuthError('usage', `there is no command ${JSON.stringify(name)}`)
    const command = await load()
    return await command(rest, env)
  } catch (error) {
    const { errorLines } = await import('./report/error-text.js')
    process.stderr.write(`${errorLines(error).join('\n')}\n`)
    return error instanceof AuthError ? error.exitCode : 1
  }
}
