// The entry of `claude-auth roster` in the command table.

import type { CommandEntry, FlagValues } from './command.js'

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

export type RosterFlags = FlagValues<typeof entry>
