// `claude-auth install`: for one person, or with --system for the whole machine.

import type { Env } from '../host/paths.js'
import { installFlags } from './install-flags.js'

/** Gives 0 when all stands as it should, whatever the login itself still needs. */
export async function install(argv: string[], env: Env): Promise<number> {
  const flags = installFlags(argv)
  if (flags.system) return (await import('./install-system.js')).installSystem(flags)
  return (await import('./install-user.js')).installUser(flags, env)
}
