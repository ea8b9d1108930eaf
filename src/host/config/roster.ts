// The roster of a site: what it says of one user, and nothing else.

import * as v from 'valibot'
import { isObject } from '../json.js'
import { issuesOf } from './check.js'
import { expectedGot, keyPath, type Problem } from './problem.js'
import { uuid } from './schema-forms.js'
import { readYamlFile, type YamlFile } from './yaml-file.js'

/** What one user's entry of a roster may say to us; sites keep other keys there as well. */
const rosterEntrySchema = v.object(
  {
    email: v.optional(
      v.pipe(
        v.string('an e-mail address'),
        v.regex(
          /^[^\s@<>"'\\,;:(){}-][^\s@<>"'\\,;:(){}]*@[^\s@<>"'\\,;:(){}]+$/,
          'an e-mail address',
        ),
      ),
    ),
    organization_uuid: uuid('The organisation.'),
    account_uuid: uuid('The account.'),
    claude_auth: v.optional(v.boolean('true or false')),
    parked: v.optional(v.boolean('true or false')),
  },
  'a map of keys',
)

export type RosterEntry = v.InferOutput<typeof rosterEntrySchema>

/** The names of all users of the roster; none where it can't be read any more. */
export function rosterUsers(path: string): string[] {
  try {
    const users = readYamlFile(path).data?.['users']
    return isObject(users) ? Object.keys(users) : []
  } catch {
    return []
  }
}

/**
 * The roster's entry for `user`, null when they are not listed. What it says of others, and keys
 * that we do not know, are none of our business.
 * @throws AuthError `config-unreadable`
 */
export function readRoster(
  path: string,
  user: string,
): { entry: RosterEntry | null; file: YamlFile; problems: Problem[] } {
  const file = readYamlFile(path)
  if (!file.data) return { entry: null, file, problems: file.problems }
  const users = file.data['users']
  if (!isObject(users)) {
    const what = expectedGot('a map of users', users, 'users')
    return { entry: null, file, problems: [file.problem(['users'], what)] }
  }
  const here = ['users', user]
  const problems = file.problems.filter(problem => problem.key.startsWith(keyPath(here)))
  if (!Object.hasOwn(users, user)) {
    // `alice:` with nothing after it lists her, with nothing of her own; null values were dropped.
    const listed = file.has(here)
    return { entry: listed ? {} : null, file, problems }
  }
  const result = v.safeParse(rosterEntrySchema, users[user])
  problems.push(...issuesOf(result, file, here))
  return { entry: result.success ? result.output : null, file, problems }
}
