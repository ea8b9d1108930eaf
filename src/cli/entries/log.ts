// The entry of `claude-auth log`.

import type { CommandEntry } from '../command.js'

export const log = {
  name: 'log',
  group: 'daily',
  summary: 'what changed the login, and why; newest last',
  about: 'What changed this login and why, newest last. No token is ever written down.',
  flags: {
    since: {
      value: '2d|DATE',
      says: 'only the last two days (s, m, h, d), or since a date: 2026-12-01',
    },
    n: { value: 'N', says: 'only the newest N lines' },
    follow: { says: 'go on and show new lines as they come, until Ctrl-C' },
    last: { says: 'why the last launch that had to look did what it did, step by step' },
    json: { says: "the journal's lines as they are; with --last one JSON object" },
  },
  notes: ['A launch that finds the login good changes nothing and leaves no line.'],
  examples: [
    'claude-auth log --since 2d -n 20',
    'claude-auth log --last',
    'claude-auth log --follow',
  ],
} as const satisfies CommandEntry
