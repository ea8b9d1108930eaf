// From the command line to a command: one table of modules, one exit code.

import { type CommandName, commandNamed } from './commands/command-table.js'
import { unknownCommand } from './commands/unknown-command.js'
import { exitCodeOf } from './exit-code.js'
import type { Env } from './host/paths.js'

export type Command = (argv: string[], env: Env) => Promise<number>

/** Each is loaded only when it is asked for. */
export const commands: Record<CommandName, () => Promise<Command>> = {
  status: async () => (await import('./commands/status.js')).status,
  doctor: async () => (await import('./commands/doctor.js')).doctor,
  login: async () => (await import('./commands/login.js')).login,
  logout: async () => (await import('./commands/logout.js')).logout,
  log: async () => (await import('./commands/log-command.js')).logCommand,
  install: async () => (await import('./commands/install.js')).install,
  uninstall: async () => (await import('./commands/uninstall.js')).uninstall,
  ensure: async () => (await import('./commands/ensure.js')).ensure,
  hook: async () => (await import('./commands/hook.js')).hook,
  completion: async () => (await import('./commands/completion.js')).completion,
  demo: async () => (await import('./commands/demo.js')).demo,
}

/** Runs the command that `argv` names and gives its exit code; never throws. For help and version see help.ts. */
export async function main([name = '', ...rest]: string[], env: Env): Promise<number> {
  return exitCodeOf(async () => {
    const entry = commandNamed(name)
    if (entry === null) throw unknownCommand(name)
    const command = await commands[entry.name]()
    return command(rest, env)
  })
}
