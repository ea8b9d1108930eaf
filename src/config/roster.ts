// The roster of a site: what it says of one user, and nothing else.

import * as v from 'valibot'
import { isObject, stringOf } from '../system/json.js'
import { uuid } from './forms.js'
import { expectedGot, keyPath, type Problem } from './problem.js'
import { issuesOf } from './schema.js'
import { plainNameSlip } from './template.js'
import { readYamlFile, rosterLimits, type YamlFile } from './yaml.js'

const vaultNameExpected = 'a name of a-z, 0-9, ".", "_" and "-" that begins with a-z or 0-9'

/** What one user's entry of a roster may say to us; sites keep other keys there as well. */
export const rosterEntrySchema = v.object(
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
    organization_uuid: uuid('The organization.'),
    account_uuid: uuid('The account.'),
    vault_name: v.optional(
      v.pipe(
        v.string(vaultNameExpected),
        v.check(name => plainNameSlip(name) === null, vaultNameExpected),
      ),
    ),
    claude_auth: v.optional(v.boolean('true or false')),
    parked: v.optional(v.boolean('true or false')),
  },
  'a map of keys',
)

export type RosterEntry = v.InferOutput<typeof rosterEntrySchema>

/** The names in Vault of all users of the roster; none where it can't be read any more. */
export function rosterUsers(path: string): string[] {
  try {
    const users = readYamlFile(path, rosterLimits).data?.['users']
    return isObject(users) ? Object.entries(users).map(vaultNameIn) : []
  } catch {
    return []
  }
}

function vaultNameIn([user, entry]: [string, unknown]): string {
  return (isObject(entry) ? stringOf(entry['vault_name']) : null) ?? user
}

/** Is it what another user is called in Vault? */
function isTaken(users: Record<string, unknown>, user: string, vaultName: string): boolean {
  return Object.entries(users).some(each => each[0] !== user && vaultNameIn(each) === vaultName)
}

/** The entry with the keys that are as they should be: a wrong one says nothing, the others stand. */
export function wholeKeys<const S extends v.GenericSchema>(
  schema: S,
  said: unknown,
): { entry: v.InferOutput<S> | null; issues: v.BaseIssue<unknown>[] } {
  const result = v.safeParse(schema, said)
  if (result.success) return { entry: result.output, issues: [] }
  if (!isObject(said)) return { entry: null, issues: result.issues }
  const wrong = new Set(result.issues.map(({ path }) => path?.[0]?.key))
  const rest = Object.entries(said).filter(([key]) => !wrong.has(key))
  const again = v.safeParse(schema, Object.fromEntries(rest))
  return { entry: again.success ? again.output : null, issues: result.issues }
}

/**
 * The roster's entry for `user`, null when they are not listed. What it says of others, and keys
 * that we do not know, are left alone.
 * @throws AuthError `config-unreadable`
 */
export function readRoster(
  path: string,
  user: string,
): { entry: RosterEntry | null; file: YamlFile; problems: Problem[] } {
  const file = readYamlFile(path, rosterLimits)
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
  const { entry, issues } = wholeKeys(rosterEntrySchema, users[user])
  problems.push(...issuesOf({ issues }, file, here))
  const taken = entry?.vault_name !== undefined && isTaken(users, user, entry.vault_name)
  if (!taken) return { entry, file, problems }
  const what = 'expected a name that no other user has in Vault'
  problems.push(file.problem([...here, 'vault_name'], what))
  const { vault_name: _, ...rest } = entry
  return { entry: rest, file, problems }
}
