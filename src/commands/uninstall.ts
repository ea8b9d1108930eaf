// `claude-auth uninstall`: takes back what `install` did, after the refresh tokens went back to the login files.

import type { Env } from '../host/paths.js'
import { uninstallFlags } from './install-flags.js'

/** Gives 0 when nothing of it is left; else as `uninstallUser` and `uninstallSystem` say. */
export async function uninstall(argv: string[], env: Env): Promise<number> {
  const flags = uninstallFlags(argv)
  if (flags.asUser !== null) return (await import('./uninstall-user.js')).asUser(flags.asUser, env)
  if (flags.system) return (await import('./uninstall-system.js')).uninstallSystem(flags)
  return (await import('./uninstall-user.js')).uninstallUser(flags, env)
}
