// `claude-auth install`: for one person, or with --system for the whole machine; and the flags that it shares with `uninstall`.

import { ownCommand, type PackageKind } from '../install/way-back.js'
import type { InstallFlags, SharedFlags } from '../install/words.js'
import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { whoAmI } from '../system/users.js'
import { type CommandEntry, readFlags } from './command.js'

/** Flags of both, in the command table. */
export const sharedFlags = {
  system: { says: 'for the whole machine, as root' },
  yes: { says: 'do not ask (it asks only at a terminal)' },
  'dry-run': { says: 'show what would change, as a diff' },
  json: { says: 'one JSON object; "changed" says whether anything was' },
  package: {
    value: 'KIND',
    choices: ['deb', 'rpm'],
    says: 'a script of such a package runs it',
    hidden: true,
  },
} as const

export const entry = {
  name: 'install',
  group: 'daily',
  summary: 'install it on every path to claude, for you or for the machine',
  about:
    'Puts the wrapper, hooks and timer on every path to claude: for you alone, or with --system (as root) for all users of the machine, the future ones included. A second run changes nothing.',
  flags: {
    ...sharedFlags,
    custody: {
      value: 'WHOSE',
      choices: ['sole', 'shared'],
      says: 'shared: the refresh token stays in the login file, as the client keeps it',
    },
    base: {
      value: 'DIR',
      completes: 'file',
      says: 'with --system: new users share the skills, rules, agents and commands of DIR; none turns it off',
    },
    config: {
      value: 'FILE',
      completes: 'file',
      says: 'with --system: the initial configuration, for /etc/claude-auth/config.yaml',
    },
    instructions: {
      value: 'changes|FILE',
      completes: 'file',
      says: 'with --system: instructions for every agent, beside those of the site; none removes them',
    },
    root: {
      value: 'DIR',
      completes: 'file',
      says: 'with --system: into another root, such as the tree of an image',
    },
  },
  notes: [],
  examples: ['claude-auth install --dry-run', 'claude-auth install'],
} as const satisfies CommandEntry

/** Gives 0 if everything is installed, even if the login itself still needs something. */
export async function install(argv: string[], env: Env): Promise<number> {
  const flags = installFlags(argv, env['PATH'] ?? '')
  if (!flags.system) return (await import('../install/for-user.js')).installUser(flags, env)
  const { installSystem } = await import('../install/for-system.js')
  const { code, isAtWork } = await installSystem(flags)
  if (isAtWork) await showMachine(env)
  return code
}

/** Is all of it at work? What is not, and what to type, is no failure of the installation. */
async function showMachine(env: Env): Promise<void> {
  const { examineSystem } = await import('../doctor/all-users.js')
  const { printExamination } = await import('./doctor.js')
  process.stdout.write('\n')
  await printExamination(await examineSystem(env, whoAmI(env), null), env, false)
}

/** Throws `usage` for anything unknown or at odds. */
function installFlags(argv: string[], path: string): InstallFlags {
  const { flags: values } = readFlags(entry, argv)
  if (!values.system && (values.base ?? values.config ?? values.instructions) !== undefined)
    throw usage('install', '--base, --config and --instructions go with --system')
  return {
    ...sharedOf('install', values, path),
    custody: (values.custody as InstallFlags['custody'] | undefined) ?? null,
    base: values.base ?? null,
    config: values.config ?? null,
    instructions: values.instructions ?? null,
  }
}

interface Values {
  system?: boolean
  yes?: boolean
  'dry-run'?: boolean
  json?: boolean
  package?: string
  root?: string
}

/** Their values; `root` without a slash at its end. `path`: PATH. Throws `usage` where they are at odds. */
export function sharedOf(
  command: 'install' | 'uninstall',
  values: Values,
  path: string,
): SharedFlags {
  const root = values.root ?? ''
  if (root !== '' && !values.system) throw usage(command, '--root goes with --system')
  if (root !== '' && !root.startsWith('/')) throw usage(command, '--root takes an absolute path')
  if (values.system && root === '' && process.geteuid?.() !== 0)
    throw new AuthError('usage', `${command} --system needs root`, {
      hint: ownCommand(command, 'system', path),
    })
  return {
    system: values.system ?? false,
    yes: values.yes ?? false,
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
    root: root.replace(/\/+$/, ''),
    packageKind: (values.package as PackageKind | undefined) ?? null,
  }
}

/** The `usage` error of `command`. */
function usage(command: string, message: string): AuthError {
  return new AuthError('usage', message, { hint: `claude-auth ${command} --help` })
}
