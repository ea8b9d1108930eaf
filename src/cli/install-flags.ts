// The flags of `claude-auth install` and `uninstall`.

import type { InstallFlags, SharedFlags, UninstallFlags } from '../install/wishes.js'
import { AuthError } from '../system/error.js'
import { readFlags } from './command.js'
import { install, uninstall } from './entries/install.js'

/** Throws `usage` for anything unknown or at odds. */
export function installFlags(argv: string[]): InstallFlags {
  const { flags: values } = readFlags(install, argv)
  if (!values.system && (values.base ?? values.config) !== undefined)
    throw usage('install', '--base and --config go with --system')
  return {
    ...sharedOf('install', values),
    custody: (values.custody as InstallFlags['custody'] | undefined) ?? null,
    base: values.base ?? null,
    config: values.config ?? null,
  }
}

/** Throws `usage` for anything unknown or at odds. */
export function uninstallFlags(argv: string[]): UninstallFlags {
  const { flags: values } = readFlags(uninstall, argv)
  return {
    ...sharedOf('uninstall', values),
    leaveLogins: values['leave-logins'] ?? false,
    asUser: (values['as-user'] as UninstallFlags['asUser'] | undefined) ?? null,
  }
}

interface Values {
  system?: boolean
  yes?: boolean
  'dry-run'?: boolean
  json?: boolean
  root?: string
}

function sharedOf(command: string, values: Values): SharedFlags {
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

function usage(command: string, message: string): AuthError {
  return new AuthError('usage', message, { hint: `claude-auth ${command} --help` })
}
