// `claude-auth uninstall`: takes back what `install` did, after the refresh tokens went back to the login files.

import type { Env } from '../system/paths.js'
import { uninstallFlags } from './install-flags.js'

/** Gives 0 when nothing of it is left; else as `uninstallUser` and `uninstallSystem` say. */
export async function uninstall(argv: string[], env: Env): Promise<number> {
  const flags = uninstallFlags(argv)
  if (flags.asUser !== null)
    return (await import('../install/uninstall-user.js')).asUser(flags.asUser, env)
  if (flags.system) return (await import('../install/uninstall-system.js')).uninstallSystem(flags)
  return (await import('../install/uninstall-user.js')).uninstallUser(flags, env)
}
