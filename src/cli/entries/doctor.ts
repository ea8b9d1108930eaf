// The entry of `claude-auth doctor`.

import type { CommandEntry } from '../command.js'

export const doctor = {
  name: 'doctor',
  group: 'daily',
  summary: 'what is wrong, in one look; with --fix mended',
  about:
    'Looks at everything that a good launch needs, says what needs care and what to type, and counts the rest. It changes nothing, and spends no token.',
  flags: {
    json: { says: 'the report as one JSON object' },
    verbose: { says: 'every check, not only what needs care' },
    system: { says: 'is this machine set up for all its users? (as root)' },
    fix: { says: 'mend what can be mended safely: shows it and asks on a terminal' },
    yes: { short: 'y', says: 'mend without asking' },
    only: { value: 'ID', says: 'just this check, such as --only hooks' },
    offline: { says: 'no network at all' },
    'send-test-alert': { says: 'send a message to whoever is told when a sign-in is needed' },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
  ],
  examples: ['claude-auth doctor', 'claude-auth doctor --fix', 'claude-auth doctor --system'],
} as const satisfies CommandEntry
