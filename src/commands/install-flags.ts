// The flags of `claude-auth install` and `uninstall`.

import { parseArgs } from 'node:util'
import { AuthError } from '../host/error.js'
import { clean } from '../report/clean.js'

const shared = {
  system: { type: 'boolean' },
  yes: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  root: { type: 'string' },
} as const
const forInstall = {
  ...shared,
  custody: { type: 'string' },
  base: { type: 'string' },
  config: { type: 'string' },
} as const
// `as-user`: what the removal from a machine does in each home, as its owner.
const forUninstall = {
  ...shared,
  'leave-logins': { type: 'boolean' },
  'as-user': { type: 'string' },
} as const

export interface SharedFlags {
  system: boolean
  yes: boolean
  dryRun: boolean
  json: boolean
  /** Another root, such as an image's; empty for this machine. */
  root: string
}

export interface InstallFlags extends SharedFlags {
  custody: 'sole' | 'shared' | null
  /** Null: as before; `none` takes it away. */
  base: string | null
  config: string | null
}

export interface UninstallFlags extends SharedFlags {
  leaveLogins: boolean
  asUser: 'hand-back' | 'leftovers' | null
}

/** Throws `usage` for anything unknown or at odds. */
export function installFlags(argv: string[]): InstallFlags {
  const values = parsed('install', argv, forInstall)
  const { custody } = values
  if (custody !== undefined && custody !== 'sole' && custody !== 'shared')
    throw usage('install', `--custody takes sole or shared, not ${clean(custody, 40)}`)
  if (!values.system && (values.base ?? values.config) !== undefined)
    throw usage('install', '--base and --config go with --system')
  return {
    ...sharedOf('install', values),
    custody: custody ?? null,
    base: values.base ?? null,
    config: values.config ?? null,
  }
}

/** Throws `usage` for anything unknown or at odds. */
export function uninstallFlags(argv: string[]): UninstallFlags {
  const values = parsed('uninstall', argv, forUninstall)
  const asUser = values['as-user'] ?? null
  if (asUser !== null && asUser !== 'hand-back' && asUser !== 'leftovers')
    throw usage('uninstall', '--as-user takes hand-back or leftovers')
  return {
    ...sharedOf('uninstall', values),
    leaveLogins: values['leave-logins'] ?? false,
    asUser,
  }
}

type Options = NonNullable<Parameters<typeof parseArgs>[0]>['options']

function parsed<T extends NonNullable<Options>>(command: string, args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw usage(command, error instanceof Error ? (error.message.split('. ')[0] ?? '') : '')
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
