// From the command line to a command: one table of modules, one exit code.

import { type CommandName, commandNamed, unknownCommand } from './cli/commands.js'
import { exitCodeOf } from './cli/exit-code.js'
import type { Env } from './system/paths.js'

export type Command = (argv: string[], env: Env) => Promise<number>

/** Each is loaded only when it is asked for. */
export const commands: Record<CommandName, () => Promise<Command>> = {
  status: async () => (await import('./cli/status.js')).status,
  doctor: async () => (await import('./cli/doctor.js')).doctor,
  login: async () => (await import('./cli/login.js')).login,
  logout: async () => (await import('./cli/logout.js')).logout,
  log: async () => (await import('./cli/log.js')).logCommand,
  install: async () => (await import('./cli/install.js')).install,
  uninstall: async () => (await import('./cli/uninstall.js')).uninstall,
  ensure: async () => (await import('./cli/ensure.js')).ensure,
  hook: async () => (await import('./cli/hook.js')).hook,
  completion: async () => (await import('./cli/completion.js')).completion,
  demo: async () => (await import('./cli/demo.js')).demo,
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
