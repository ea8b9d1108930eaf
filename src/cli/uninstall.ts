// `claude-auth uninstall`: takes back what `install` did, after the refresh tokens went back to the login files.

import type { UninstallFlags } from '../install/words.js'
import type { Env } from '../system/paths.js'
import { type CommandEntry, readFlags } from './command.js'
import { sharedFlags, sharedOf } from './install.js'

export const entry = {
  name: 'uninstall',
  group: 'daily',
  summary: 'revert install; the refresh token is handed back to the login file',
  about:
    'Hands the refresh token back to the login file (with --system: those of all users), then reverts what install did. Unedited files are restored as they were; only our entries are removed from edited ones.',
  flags: {
    ...sharedFlags,
    'leave-logins': {
      says: 'hand no refresh token back; each stays in the sealed store',
    },
    root: {
      value: 'DIR',
      completes: 'file',
      says: 'with --system: in another root, such as the tree of an image',
    },
    'as-user': {
      value: 'PART',
      choices: ['hand-back', 'leftovers'],
      says: 'what the removal from a machine does in each home',
      hidden: true,
    },
  },
  notes: [],
  examples: ['claude-auth uninstall --dry-run'],
} as const satisfies CommandEntry

/** Returns 0 when nothing is left of the installation; else as `uninstallUser` and `uninstallSystem` say. */
export async function uninstall(argv: string[], env: Env): Promise<number> {
  const flags = uninstallFlags(argv, env['PATH'] ?? '')
  if (flags.asUser !== null)
    return (await import('../install/uninstall-user.js')).asUser(flags.asUser, env)
  if (flags.system) return (await import('../install/uninstall-system.js')).uninstallSystem(flags)
  return (await import('../install/uninstall-user.js')).uninstallUser(flags, env)
}

/** Throws `usage` for anything unknown or at odds. */
function uninstallFlags(argv: string[], path: string): UninstallFlags {
  const { flags: values } = readFlags(entry, argv)
  return {
    ...sharedOf('uninstall', values, path),
    leaveLogins: values['leave-logins'] ?? false,
    asUser: (values['as-user'] as UninstallFlags['asUser'] | undefined) ?? null,
  }
}
