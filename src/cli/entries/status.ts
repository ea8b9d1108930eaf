// The entry of `claude-auth status`.

import type { CommandEntry } from '../command.js'

export const status = {
  name: 'status',
  group: 'daily',
  summary: 'is the login good, whose is it, until when',
  about:
    'Says in a few lines whose login this is, how long it is good for, and where its copy is. It only looks: no network, nothing is changed.',
  flags: {
    json: { says: 'the same as one JSON object' },
    short: { says: 'one line for a prompt or a status bar; times in it are clock times' },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
    'To have everything looked at and mended now: claude-auth ensure.',
  ],
  examples: ['claude-auth status', 'claude-auth status --json', 'claude-auth status --short'],
} as const satisfies CommandEntry
