// The entry of `claude-auth login`.

import type { CommandEntry } from '../command.js'

export const login = {
  name: 'login',
  group: 'daily',
  summary: 'sign in, check whose login it is, store a copy (works over SSH)',
  about:
    "Opens the client's own sign-in with the right account, then checks with the server whose login it is and stores a copy. Works over SSH: open the printed address in any browser and paste the code. Sessions that are running take up the new login by themselves.",
  flags: {
    email: { value: 'E', says: 'sign in with this e-mail, where the configuration names none' },
    'no-sso': { says: "without the organisation's own sign-in page" },
    'new-identity': {
      says: 'another account than the one first used here; not where the configuration names one',
    },
    'long-lived': {
      says: "a token of about a year instead: opens the client's setup-token, then asks for the token it shows (not echoed; or on stdin from a pipe)",
    },
    client: { value: 'PATH', says: 'the client to sign in with', hidden: true },
  },
  notes: [
    'A long-lived token is used where the configuration says credential: long-lived.',
    'Exit code: 0 ok, 1 not finished, 2 usage or configuration, 3 wrong account, 4 attention, 5 no answer, 130 after Ctrl-C.',
  ],
  examples: ['claude-auth login', 'claude-auth login --new-identity'],
} as const satisfies CommandEntry
