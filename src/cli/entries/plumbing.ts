// The entries of the commands that other programs use, or that are typed once.

import type { CommandEntry } from '../command.js'

export const ensure = {
  name: 'ensure',
  group: 'plumbing',
  summary: 'make sure now that the login is good',
  about:
    'Makes sure that the login is good: renews it, puts it back from the store, checks it with the server and stores a copy, whatever is needed. Wrapper, hooks and timer call it.',
  flags: {
    json: { says: 'the result as one JSON object' },
    force: { says: 'look at everything now: marks, ages and pauses count for nothing' },
    offline: { says: 'no network at all' },
    every: { value: '15m', says: 'again and again, for machines without systemd' },
    for: {
      value: 'WHO',
      says: 'who asks',
      choices: ['launch', 'session', 'soon', 'hook', 'timer', 'sign-in', 'shell'],
      hidden: true,
    },
    'gate-fd': { value: 'N', says: 'the gate, held already', hidden: true },
    client: { value: 'PATH', says: 'the client to be launched', hidden: true },
    override: { value: 'PATH', says: 'the client was chosen for this launch', hidden: true },
    terminal: { says: 'somebody can be asked', hidden: true },
    foreign: { says: 'another credential stands in the environment', hidden: true },
    cwd: { value: 'FOLDER', says: 'where the client is started', hidden: true },
    'environ-on-stdin': { says: 'the environment that counts comes on stdin', hidden: true },
    'waited-for': { says: 'somebody waits until this run has ended', hidden: true },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
  ],
  examples: ['claude-auth ensure --force --json', 'claude-auth ensure --every 15m'],
} as const satisfies CommandEntry

export const hook = {
  name: 'hook',
  group: 'plumbing',
  summary: 'what the hooks of the client call',
  about:
    'Checks the login for a session, as the wrapper does for a launch; the words of the client come on stdin. install puts it into the settings of the client. Silent while all is well; always ends with 0.',
  operand: {
    name: 'EVENT',
    choices: ['session-start', 'user-prompt-submit', 'stop-failure', 'session-end'],
  },
  flags: {},
  notes: [
    'session-start and user-prompt-submit check the login, stop-failure has it looked at again, session-end stores a new sign-in and marks a log-out.',
  ],
  examples: ['claude-auth hook session-start'],
} as const satisfies CommandEntry

export const demo = {
  name: 'demo',
  group: 'plumbing',
  summary: 'see it work, with a throwaway home and server',
  about:
    'Shows in under a minute what a user would see: a login renewed, put back, and one that needs a person; with a throwaway home and a stand-in server on this machine.',
  flags: {},
  notes: [],
  examples: ['claude-auth demo'],
} as const satisfies CommandEntry
