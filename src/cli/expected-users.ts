// Whom the roster of the machine expects to have a login, or why nobody can tell.

import { configSource } from '../config/source.js'
import { readYamlFile, rosterLimits } from '../config/yaml.js'
import type { ExpectedUser } from '../fleet/finding.js'
import { rosterRows } from '../roster/roster-file.js'
import { AuthError } from '../system/trouble.js'

/** `users`: null where there is no roster, or none to go by; `trouble` says why, to be read by a person. */
export interface Expected {
  users: ExpectedUser[] | null
  trouble: string | null
}

/**
 * The users of the roster in `file` (null: none is configured), read as the effective user `uid` believes files. One that is missing,
 * not believed, broken or empty would make strangers of all: then nobody is expected, and that is said.
 */
export function expectedUsers(file: string | null, uid: number): Expected {
  if (file === null) return { users: null, trouble: null }
  try {
    if (!configSource('roster', file, uid).exists) return without(`there is no roster ${file}`)
    const yaml = readYamlFile(file, rosterLimits)
    const { rows, problems } = rosterRows(yaml)
    if (rows.length > 0) return { users: rows, trouble: null }
    const [first] = problems
    return first === undefined
      ? without(`the roster ${file} lists nobody`)
      : without(`the roster ${file} can't be read: ${first.what}`)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return without(error.message)
  }
}

function without(why: string): Expected {
  return { users: null, trouble: `${why}; who is missing or a stranger is not told` }
}
