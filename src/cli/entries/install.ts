// The entries of `claude-auth install` and `claude-auth uninstall`.

import type { CommandEntry } from '../command.js'

const shared = {
  system: { says: 'for the whole machine, as root' },
  yes: { says: 'asks nothing (it asks only at a terminal)' },
  'dry-run': { says: 'shows what would change, as a diff' },
  json: { says: 'one JSON object; "changed" says whether anything was' },
} as const

export const install = {
  name: 'install',
  group: 'daily',
  summary: 'put it on every path to claude, for you or for the machine',
  about:
    'Puts the wrapper, hooks and timer on every path to claude: for you alone, or with --system (as root) for all users of the machine, the future ones included. A second run changes nothing.',
  flags: {
    ...shared,
    custody: {
      value: 'WHOSE',
      choices: ['sole', 'shared'],
      says: 'shared: the refresh token stays in the login file, as the client keeps it',
    },
    base: {
      value: 'DIR',
      completes: 'file',
      says: 'with --system: new users share the skills, rules, agents and commands of DIR; none: no more',
    },
    config: {
      value: 'FILE',
      completes: 'file',
      says: 'with --system: begins with this configuration in /etc/claude-auth/config.yaml',
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

export const uninstall = {
  name: 'uninstall',
  group: 'daily',
  summary: 'take that back; the refresh token goes back to the login file',
  about:
    'Hands the refresh token back to the login file (with --system: those of all users), then takes back what install did. Files that nobody edited since are as they were; of an edited one only our entries go.',
  flags: {
    ...shared,
    'leave-logins': {
      says: 'goes on where a token cannot be handed back; it stays in the sealed store',
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
