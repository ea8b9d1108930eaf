// The entry of `claude-auth logout`.

import type { CommandEntry } from '../command.js'

export const logout = {
  name: 'logout',
  group: 'daily',
  summary: 'sign out: end the login at the server, remove it here and in the store',
  about:
    "Ends the login at the server and takes it out of the login file and the store. Everything else in the login file stays, the logins of MCP servers too (the client's own log-out deletes them). Nothing brings the login back until somebody signs in.",
  flags: {
    offline: { says: 'no network: what needs it is done by a later run' },
    json: { says: 'the result as one JSON object' },
  },
  notes: [
    'Each step is reported. What cannot be done now, because a server is away, is done later by itself.',
    'Exit code: 0 done (also when nobody was signed in), 1 broken, 2 usage or configuration, 4 something is left for later.',
  ],
  examples: ['claude-auth logout', 'claude-auth logout --json'],
} as const satisfies CommandEntry
