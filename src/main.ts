// From the command line to a command: one table of modules, one catch, one exit code.

import { asksForWords } from './cli/command.js'
import type { CommandName } from './cli/commands.js'
import { exitCodeOf, withErrorObject } from './cli/errors.js'
import type { Env } from './system/paths.js'
import type { Output } from './text/terminal.js'

/** `out`: where to print, if not on stdout. */
export type Command = (argv: string[], env: Env, out?: Output) => Promise<number>

/** Each is loaded only when it is asked for; scripts/bundles.json says which bundle holds it. */
export const commands: Record<CommandName, () => Promise<Command>> = {
  status: async () => (await import('./cli/status.js')).status,
  doctor: async () => (await import('./cli/doctor.js')).doctor,
  login: async () => (await import('./cli/login.js')).login,
  logout: async () => (await import('./cli/logout.js')).logout,
  log: async () => (await import('./cli/log.js')).logCommand,
  install: async () => (await import('./cli/install.js')).install,
  uninstall: async () => (await import('./cli/uninstall.js')).uninstall,
  fleet: async () => admin((await import('./cli/fleet.js')).fleet),
  offboard: async () => admin((await import('./cli/offboard.js')).offboard),
  roster: async () => admin((await import('./cli/roster.js')).roster),
  changes: async () => admin((await import('./cli/changes.js')).changes),
  base: async () => admin((await import('./cli/base.js')).base),
  ensure: async () => (await import('./cli/ensure.js')).ensure,
  hook: async () => (await import('./cli/hook.js')).hook,
  completion: async () => (await import('./cli/completion.js')).completion,
  demo: async () => (await import('./cli/demo.js')).demo,
}

/** Only the bundle of these commands has the code that picks their home. */
function admin(command: Command): Command {
  return withErrorObject(async (argv, env) => {
    const { inOwnHome } = await import('./cli/admin-context.js')
    return command(argv, inOwnHome(env))
  })
}

/** Runs the command that `argv` names and gives its exit code; never throws. */
export async function main(argv: string[], env: Env): Promise<number> {
  return exitCodeOf(async () => {
    if (asksForWords(argv)) return (await import('./cli/help.js')).tellWords(argv, env)
    const [name = '', ...rest] = argv
    if (!Object.hasOwn(commands, name))
      throw (await import('./cli/commands.js')).unknownCommand(name)
    const command = await commands[name as CommandName]()
    return command(rest, env)
  })
}
