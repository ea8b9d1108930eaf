// The flags that `claude-auth install` and `uninstall` share.

import type { SharedFlags } from '../install/wishes.js'
import { AuthError } from '../system/error.js'

/** In the command table. */
export const sharedFlags = {
  system: { says: 'for the whole machine, as root' },
  yes: { says: 'asks nothing (it asks only at a terminal)' },
  'dry-run': { says: 'shows what would change, as a diff' },
  json: { says: 'one JSON object; "changed" says whether anything was' },
} as const

interface Values {
  system?: boolean
  yes?: boolean
  'dry-run'?: boolean
  json?: boolean
  root?: string
}

/** Their values; `root` without a slash at its end. Throws `usage` where they are at odds. */
export function sharedOf(command: string, values: Values): SharedFlags {
  const root = values.root ?? ''
  if (root !== '' && !values.system) throw usage(command, '--root goes with --system')
  if (root !== '' && !root.startsWith('/')) throw usage(command, '--root takes an absolute path')
  if (values.system && root === '' && process.geteuid?.() !== 0)
    throw new AuthError('usage', `${command} --system needs root`, {
      hint: `sudo claude-auth ${command} --system`,
    })
  return {
    system: values.system ?? false,
    yes: values.yes ?? false,
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
    root: root.replace(/\/+$/, ''),
  }
}

/** The `usage` error of `command`. */
export function usage(command: string, message: string): AuthError {
  return new AuthError('usage', message, { hint: `claude-auth ${command} --help` })
}
