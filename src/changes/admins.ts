// Who is an admin of the site, by its roster. Without a readable roster there are no admins.

import type { Config } from '../config/config.js'
import { keyPath } from '../config/problem.js'
import { parseYaml, readYamlFile, rosterLimits, type YamlFile } from '../config/yaml.js'
import { committedRoster } from '../roster/committed.js'
import { hasLeft, type RosterRow, rosterRows } from '../roster/roster-file.js'
import type { Env } from '../system/paths.js'
import { AuthError, errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import type { Pusher } from './push.js'

/** The roster's people who are with the site. */
export interface People {
  rows: readonly RosterRow[]
  /** Why the roster is not known; null: it is. */
  trouble: Trouble | null
}

/** Reads the roster of the machine, else the committed one. Never throws for what can't be read. */
export async function readPeople(
  { roster, rosterFrom }: Pick<Config, 'roster' | 'rosterFrom'>,
  { person, env, nowMs }: { person: Person; env: Env; nowMs: number },
): Promise<People> {
  const nobody = (trouble: Trouble): People => ({ rows: [], trouble })
  let file: YamlFile
  if (roster !== null) {
    try {
      file = readYamlFile(roster.file, rosterLimits)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return nobody(errorTrouble(error))
    }
  } else if (rosterFrom !== null) {
    const read = await committedRoster(rosterFrom, { person, env })
    if (read.kind === 'unreadable') return nobody(read.trouble)
    file = parseYaml(rosterFrom.file, read.text, rosterLimits)
  } else return nobody(makeTrouble('the configuration names no roster'))
  const { rows, problems } = rosterRows(file)
  const [problem] = problems
  if (rows.length === 0 && problem !== undefined)
    return nobody(
      makeTrouble(`the roster cannot be read: ${problem.what}`, { place: problem.file }),
    )
  return { rows: rows.filter(row => !hasLeft(row, nowMs)), trouble: null }
}

/** The keys of a row that say whether it gives the rights of an admin, and to whom. */
const rightsKeys: readonly string[] = ['tier', 'left', 'git']

/**
 * Is this an admin, by a row whose `tier`, `left` and `git` can be read? A user whom a server names is an admin by their `git`
 * names, or without any by their user name. A name from the environment gives no rights where the hook runs as a user of the
 * roster who is not an admin: that user could have set it.
 */
export function isAdmin(pusher: Pusher, people: People): boolean {
  const { ofSystem, named } = rowsBehind(pusher, people)
  const isOne = (row: RosterRow) => row.isAdmin && unreadIn(row) === null
  return named !== null && isOne(named) && (ofSystem === null || isOne(ofSystem))
}

/** `users.ada.left`: the key for which somebody who may be an admin is none, since it cannot be read; null: there is none. */
export function unreadKey(pusher: Pusher, people: People): string | null {
  const { ofSystem, named } = rowsBehind(pusher, people)
  for (const row of [ofSystem, named]) {
    const key = row === null ? null : unreadIn(row)
    if (row !== null && key !== null && (row.isAdmin || key === 'tier'))
      return keyPath(['users', row.user, key])
  }
  return null
}

function unreadIn({ unread }: RosterRow): string | null {
  return rightsKeys.find(key => unread.includes(key)) ?? null
}

/** The row of the user that the hook runs as, and of the pusher. */
function rowsBehind({ name, by, systemUser }: Pusher, { rows }: People) {
  const ofSystem = rows.find(({ user }) => user === systemUser) ?? null
  if (name === null) return { ofSystem, named: null }
  return { ofSystem, named: by === 'system' && ofSystem !== null ? ofSystem : rowOf(name, rows) }
}

/** The row of the user who pushes as `name`; null also where two users have that name. */
export function rowOf(name: string, rows: readonly RosterRow[]): RosterRow | null {
  const found = rows.filter(({ user, gitNames }) =>
    gitNames.length === 0 ? user === name : gitNames.includes(name),
  )
  return found.length === 1 ? (found[0] ?? null) : null
}
