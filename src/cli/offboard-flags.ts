// What `claude-auth offboard` is asked for: its table entry, the user, the stage, and who may ask.

import { type Stage, stages } from '../offboard/step.js'
import { AuthError } from '../system/trouble.js'
import type { CommandEntry, FlagValues } from './command.js'

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

export type Flags = FlagValues<typeof entry>

/** What is asked for; null: only where the user stands. */
export type Asked = Stage | 'undo' | null

/** The name of a user, which may become part of a path. Throws `usage`. */
export function userIn(word: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(word) && !word.includes('..')) return word
  throw new AuthError('usage', 'offboard: USER is not the name of a user', {
    hint: 'claude-auth offboard --help',
  })
}

/** Throws `usage` where flags are at odds. */
export function askedIn(flags: Flags): Asked {
  if (flags.done !== undefined && flags.stage !== undefined)
    throw new AuthError('usage', 'offboard: --done takes the name of a step, and no --stage')
  if (flags.done !== undefined && flags['dry-run'])
    throw new AuthError('usage', 'offboard: --done writes down what was done, and has no --dry-run')
  if (flags.undo && flags.stage !== undefined && flags.stage !== 'cut')
    throw new AuthError('usage', 'offboard: --undo takes back a cut, and no other stage')
  if (flags.undo) return 'undo'
  return (flags.stage as Stage | undefined) ?? null
}

/** Throws `usage` for a change that is not made as root. */
export function requireRoot(user: string, asked: Asked, flags: Flags): void {
  const isChange = asked !== null || flags.done !== undefined
  if (!isChange || flags['dry-run'] || process.geteuid?.() === 0) return
  throw new AuthError('usage', 'offboard: changes are made as root', {
    hint: `sudo claude-auth offboard ${user}`,
  })
}
