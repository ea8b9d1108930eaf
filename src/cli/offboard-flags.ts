// The flags of `claude-auth offboard`.

import { stages } from '../offboard/step.js'
import type { CommandEntry } from './command.js'

export const entry = {
  name: 'offboard',
  group: 'admin',
  summary: 'end the login of a person who leaves: cut, revoke, destroy',
  about:
    'Without --stage it says where this user stands, what is still open, and which command comes next. cut can be undone; revoke ends tokens and sign-in; destroy deletes what is stored. A stage that was interrupted is completed by running it again.',
  operands: [{ name: 'USER', completes: 'user' }],
  flags: {
    stage: { value: 'STAGE', choices: stages, says: 'what to do: cut, revoke or destroy' },
    undo: { says: 'take a cut back' },
    reason: { value: 'TEXT', says: 'why, for the journal and the note in Vault' },
    'dry-run': { says: 'show the steps and change nothing' },
    yes: { says: 'do not ask' },
    now: {
      says: 'do not wait: cut while the roster still lists the user, destroy before offboard.wait is over',
    },
    done: {
      value: 'STEP',
      says: 'a person has done this step (several: STEP,STEP); with --undo, of the way back',
    },
    here: { says: 'only what is on this machine: no Vault, no other host, no site' },
    admin: { says: 'also for a user of the tier admin, and for yourself' },
    'with-others': {
      says: 'also what others share: an entity in Vault (cut), a document that holds their keys (destroy)',
    },
    json: { says: 'the result as one JSON object' },
    'as-user': {
      value: 'PART',
      choices: ['logout', 'erase'],
      says: 'what is done in the home of the user',
      hidden: true,
    },
  },
  notes: [
    'Exit code: 0 done, 1 broken, 2 usage, configuration or refused, 4 something is left to a person, 5 Vault gave no answer.',
    'Every step is in /var/lib/claude-auth/admin.jsonl. The order of a whole offboarding: docs/offboarding.md.',
  ],
  examples: [
    'claude-auth offboard alice',
    'claude-auth offboard alice --stage cut --dry-run',
    'claude-auth offboard alice --done site:account',
    'claude-auth offboard alice --undo',
  ],
} as const satisfies CommandEntry
