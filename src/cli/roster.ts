// `claude-auth roster check | plan | apply`: one committed file decides who has a login here, and who has left.

import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { type CommandEntry, type FlagValues, readFlags } from './command.js'

export const entry = {
  name: 'roster',
  group: 'admin',
  summary: 'who has a login here: check, plan, apply one committed file',
  about:
    'One committed file decides who has a login at this site, and who has left. `check` judges it without any rights, `plan` shows what would be done, `apply` does it: it adds and cuts, and never replaces, revokes or deletes.',
  operands: [
    { name: 'ACTION', choices: ['check', 'plan', 'apply'] },
    { name: 'FILE', isOptional: true, completes: 'file' },
  ],
  flags: {
    against: { value: 'REF', says: 'check: also count who vanishes since that commit' },
    removals: { value: 'N', says: 'exactly so many users vanish, and that is meant' },
    user: { value: 'USER', says: 'plan, apply: only this user' },
    yes: { says: 'apply: do not ask' },
    'dry-run': { says: 'apply: the plan alone' },
    json: { says: 'one JSON object' },
  },
  notes: [
    'Only what is committed counts: `rosterFrom` in /etc/claude-auth/config.yaml names the repository, the ref and the file. A file in a working tree is read by `check FILE` alone.',
    'Exit code: 0 nothing to do, or all done; 4 steps are left; 2 the roster or the command line is wrong, nothing was done; 5 the repository, the directory of users or Vault gave no answer; 1 something else failed.',
  ],
  examples: [
    'claude-auth roster plan',
    'claude-auth roster check roster.yaml --against origin/master',
    'claude-auth roster apply --yes',
  ],
} as const satisfies CommandEntry

type RosterFlags = FlagValues<typeof entry>

/** Prints on stdout; what keeps it from its work goes to stderr. Throws `usage`. */
export async function roster(argv: string[], env: Env): Promise<number> {
  const { flags, operands } = readFlags(entry, argv)
  const [action, file] = operands
  const removals = removalsIn(flags.removals)
  if (action === 'check') {
    refuse(flags, ['user', 'yes', 'dry-run'], 'check')
    const { rosterCheck } = await import('./roster-check.js')
    return rosterCheck({ file: file ?? null, flags, removals }, env)
  }
  refuse(flags, action === 'plan' ? ['against', 'yes', 'dry-run'] : ['against'], action ?? '')
  if (file !== undefined) throw wrong(`${action} takes no FILE: what is committed counts`)
  const { rosterApply } = await import('./roster-apply.js')
  const isDry = action === 'plan' || flags['dry-run'] === true
  return rosterApply({ isDry, flags, removals }, env)
}

function removalsIn(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,6}$/.test(text)) throw wrong('--removals takes a whole number')
  return Number(text)
}

function refuse(flags: RosterFlags, others: (keyof RosterFlags)[], action: string): void {
  const other = others.find(name => flags[name] !== undefined)
  if (other !== undefined) throw wrong(`${action} takes no --${other}`)
}

function wrong(what: string): AuthError {
  return new AuthError('usage', `roster: ${what}`, { hint: 'claude-auth roster --help' })
}
