// What the roster says about the user who is offboarded: whether they are an admin, and whether they are still listed.

import { problemLine } from '../config/problem.js'
import type { Config } from '../config/resolve.js'
import { parseYaml, readYamlFile, rosterLimits, type YamlFile } from '../config/yaml.js'
import { committedRoster } from '../roster/committed.js'
import { hasLeft, type RosterRow, rosterRows } from '../roster/roster-file.js'
import type { Env } from '../system/paths.js'
import { AuthError, quoted, type Trouble } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import { clean } from '../text/clean.js'
import { troubleSentence } from '../text/trouble.js'

export interface RosterSays {
  row: RosterRow | null
  /** Where the committed roster has an active row, and how to change it; null: it has none. */
  active: string | null
}

export interface RosterQuestion {
  user: string
  person: Person
  config: Pick<Config, 'roster' | 'rosterFrom'>
  env: Env
  nowMs: number
  /** An unreadable roster is an error; else it only says nothing. */
  isNeeded: boolean
  /** It must be known whether this user is an admin. */
  mustKnowTier: boolean
}

const silent: RosterSays = { row: null, active: null }

/**
 * Reads the committed roster, or the machine's if none is committed. Throws `config-unreadable`, `config-invalid` if the tier
 * is not known, and `usage` if the roster lists this user under another name.
 */
export async function rosterSays(question: RosterQuestion): Promise<RosterSays> {
  const { config, person, env } = question
  const { rosterFrom, roster } = config
  if (rosterFrom === null)
    return roster === null
      ? silent
      : { row: rowIn(readYamlFile(roster.file, rosterLimits), question), active: null }
  const committed = await committedRoster(rosterFrom, { person, env })
  if (committed.kind === 'unreadable') return unreadable(committed.trouble, question)
  return saidIn(
    parseYaml(`${rosterFrom.ref}:${rosterFrom.file}`, committed.text, rosterLimits),
    question,
  )
}

function unreadable(trouble: Trouble, { isNeeded }: RosterQuestion): RosterSays {
  if (!isNeeded) return silent
  throw new AuthError('config-unreadable', `the committed roster: ${troubleSentence(trouble)}`, {
    hint: 'claude-auth roster check',
  })
}

function saidIn(file: YamlFile, question: RosterQuestion): RosterSays {
  const { user, nowMs } = question
  const row = rowIn(file, question)
  if (row === null || hasLeft(row, nowMs) || !row.isEnrolled) return { row, active: null }
  const today = new Date(nowMs).toISOString().slice(0, 10)
  const place = file.problem(['users', user], `add "left: ${today}", or take the row out`, 'key')
  return { row, active: problemLine(place) }
}

/** Vault knows users by `vault_name`, whatever the case: under such a name an admin would seem to be unlisted. */
function rowIn(file: YamlFile, { user, mustKnowTier }: RosterQuestion): RosterRow | null {
  if (mustKnowTier) requireTierKnown(file, user)
  const { rows } = rosterRows(file)
  const row = rows.find(each => each.user === user) ?? null
  const isMeant = (name: string) => name.toLowerCase() === user.toLowerCase()
  const other = rows.find(({ user: name, vaultName }) => isMeant(name) || isMeant(vaultName))
  if (row !== null || other === undefined) return row
  throw new AuthError('usage', `offboard: the roster calls this user ${clean(other.user, 60)}`, {
    hint: `claude-auth offboard ${quoted(clean(other.user, 60))}`,
  })
}

/** An unreadable roster or tier does not prove that a user is no admin. */
function requireTierKnown(file: YamlFile, user: string): void {
  const { rows, problems } = rosterRows(file)
  const own = ['', '.tier'].map(key => `users.${user}${key}`)
  const slip = problems.find(({ key }) => rows.length === 0 || own.includes(key))
  if (slip === undefined) return
  const words = `offboard: who is an admin is not known: ${problemLine(slip)}`
  const hint = `claude-auth roster check   (or, if it cannot wait: offboard ${user} … --admin)`
  throw new AuthError('config-invalid', words, { hint })
}
