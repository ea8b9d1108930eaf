// The roster of a site as the admin's side reads it: a row for each user, and every mistake in a row with its line.

import * as v from 'valibot'
import { expectedGot, keyPath, type Problem } from '../config/problem.js'
import { rosterEntrySchema, wholeKeys } from '../config/roster.js'
import { issuesOf } from '../config/schema.js'
import type { YamlFile } from '../config/yaml.js'
import { isObject } from '../system/json.js'

/** One user as the roster has them. E-mail and UUIDs are in lower case. */
export interface RosterRow {
  /** Their name on the machines: the key of the row. */
  user: string
  /** What they are called in Vault. */
  vaultName: string
  email: string | null
  organizationUuid: string | null
  accountUuid: string | null
  /** Any word of the site's; `admin` has a meaning. */
  tier: string | null
  /** Never cut by `roster apply`, and their pushes are not told. */
  isAdmin: boolean
  /** `2026-12-01`: the first day on which they are not with the site any more. */
  leftOn: string | null
  /** What they are called where they push; without any, by their name on the machines. */
  gitNames: readonly string[]
  /** False for `claude_auth: false`: claude-auth leaves this user alone. */
  isEnrolled: boolean
  /** The login rests; the user keeps it. */
  isParked: boolean
  /** Keys of the row that say nothing that can be read, `left` for one. */
  unread: readonly string[]
}

const dayExpected = 'a date such as 2026-12-01'
const tierExpected = 'a word such as admin or developer'
const gitExpected = 'a name, or a list of names'

const gitName = v.pipe(v.string(gitExpected), v.regex(/^[^\s\p{C}]{1,100}$/u, gitExpected))

const rowSchema = v.object(
  {
    ...rosterEntrySchema.entries,
    tier: v.optional(
      v.pipe(
        v.string(tierExpected),
        v.regex(/^[^\s\p{C}]{1,64}$/u, tierExpected),
        // A reader would take another spelling for protection, and it would give none.
        v.check(tier => tier === 'admin' || tier.toLowerCase() !== 'admin', 'admin in lower case'),
      ),
    ),
    left: v.optional(v.pipe(v.string(dayExpected), v.check(isDay, dayExpected))),
    git: v.optional(v.union([gitName, v.array(gitName)], gitExpected)),
  },
  'a map of keys',
)

/** With nothing after it such a key would read as its opposite: not left, not an admin. */
const neverBlank = ['left', 'tier', 'git', 'vault_name', 'claude_auth', 'parked'] as const

/**
 * Every user of the roster, in the order of the file. A wrong key says nothing and is a problem; the rest of
 * its row stands. What the rows say of each other is judged by `checkRoster`.
 */
export function rosterRows(file: YamlFile): { rows: RosterRow[]; problems: Problem[] } {
  const problems = [...file.problems]
  if (!file.data) return { rows: [], problems }
  const users = file.data['users']
  const names = file.keys(['users'])
  // A file with `users:` and nothing after it has a roster, and it is empty.
  if (users === undefined && file.has(['users'])) return { rows: [], problems }
  if (!isObject(users)) {
    const what = expectedGot('a map of users', users, 'users')
    return { rows: [], problems: [...problems, file.problem(['users'], what)] }
  }
  // Of what an alias stands for, only the data is known.
  const listed = names.length > 0 ? names : Object.keys(users)
  const rows = listed.map(user => {
    const { row, problems: inRow } = rowOf(
      file,
      user,
      Object.hasOwn(users, user) ? users[user] : {},
    )
    problems.push(...inRow)
    return row
  })
  return { rows, problems }
}

function rowOf(
  file: YamlFile,
  user: string,
  said: unknown,
): { row: RosterRow; problems: Problem[] } {
  const here = ['users', user]
  if (!isObject(said)) {
    const what = expectedGot('a map of keys', said, keyPath(here))
    return {
      row: makeRow(user, {}, Object.keys(rowSchema.entries)),
      problems: [file.problem(here, what)],
    }
  }
  const { entry, issues } = wholeKeys(rowSchema, said)
  const problems = issuesOf({ issues }, file, here)
  const blank = neverBlank.filter(key => said[key] === undefined && file.has([...here, key]))
  for (const key of blank)
    problems.push(file.problem([...here, key], 'expected a value, or no such key', 'key'))
  const wrong = issues.map(({ path }) => String(path?.[0]?.key))
  return { row: makeRow(user, entry ?? {}, [...wrong, ...blank]), problems }
}

function makeRow(
  user: string,
  entry: v.InferOutput<typeof rowSchema>,
  unread: readonly string[],
): RosterRow {
  const { tier = null, git = [] } = entry
  return {
    user,
    vaultName: entry.vault_name ?? user,
    email: entry.email?.toLowerCase() ?? null,
    organizationUuid: entry.organization_uuid?.toLowerCase() ?? null,
    accountUuid: entry.account_uuid?.toLowerCase() ?? null,
    tier,
    isAdmin: tier === 'admin',
    leftOn: entry.left ?? null,
    gitNames: typeof git === 'string' ? [git] : git,
    isEnrolled: entry.claude_auth ?? true,
    isParked: entry.parked ?? false,
    unread,
  }
}

/** A day of the calendar, `2026-02-30` is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

/** Has the user left by `nowMs`? The day of `left` begins at midnight UTC. */
export function hasLeft({ leftOn }: Pick<RosterRow, 'leftOn'>, nowMs: number): boolean {
  return leftOn !== null && Date.parse(`${leftOn}T00:00:00Z`) <= nowMs
}
