// `claude-auth hook EVENT`, where Node was started for it: the hooks are the shell's (bin/hook.sh).

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Env } from '../system/paths.js'
import type { CommandEntry } from './command.js'

export const entry = {
  name: 'hook',
  group: 'plumbing',
  summary: 'what the hooks of the client call',
  about:
    'Checks the login for a session, as the wrapper does for a launch; the input of the client comes on stdin. install puts it into the settings of the client. Prints nothing while all is well; the exit code is always 0.',
  operands: [
    {
      name: 'EVENT',
      choices: ['session-start', 'user-prompt-submit', 'stop-failure', 'session-end'],
    },
  ],
  flags: {},
  notes: [
    'session-start and user-prompt-submit check the login, stop-failure has it looked at again, session-end stores a new sign-in and marks a log-out.',
  ],
  examples: ['claude-auth hook session-start'],
} as const satisfies CommandEntry

/** Runs the hook with this process's stdin and stdout; always 0, for no hook may hold the client up. */
export async function hook(argv: string[], env: Env): Promise<number> {
  const program = fileURLToPath(new URL('../bin/claude-auth', import.meta.url))
  spawnSync('/bin/sh', [program, 'hook', ...argv], { env: { ...env }, stdio: 'inherit' })
  return 0
}
