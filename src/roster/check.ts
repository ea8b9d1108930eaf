// The rules that a whole roster must meet before it is applied. Pure.

import type { Problem } from '../config/problem.js'
import { plainNameSlip, shown } from '../config/template.js'
import type { YamlFile } from '../config/yaml.js'
import { hasLeft, type RosterRow } from './roster-file.js'

/** Adds a problem: the path to its place, and what was expected. */
type AddProblem = (path: (string | number)[], what: string, at?: 'key' | 'value') => void

/**
 * Problems within and between rows, beyond the form of each row (`rosterRows`), in the order of the lines. Empty: the roster
 * can be applied.
 */
export function checkRoster(rows: readonly RosterRow[], file: YamlFile, nowMs: number): Problem[] {
  const problems: Problem[] = []
  const add: AddProblem = (path, what, at) =>
    problems.push(file.problem(['users', ...path], what, at))
  for (const { user, vaultName, email, gitNames, isAdmin, leftOn } of rows) {
    const slip = nameSlip(user, vaultName)
    if (slip !== null) add([user], slip, 'key')
    for (const [key, value] of [
      ['email', email] as const,
      ...gitNames.map(name => ['git', name] as const),
    ]) {
      const odd = value === null ? null : lettersSlip(value)
      if (odd !== null) add([user, key], odd)
    }
    if (isAdmin && leftOn !== null)
      add([user, 'left'], 'an admin is never cut: take tier: admin away first, in a commit before')
  }
  for (const rule of unique) onceOnly(rule, rows, add)
  // A file that can't be read completely is not judged as a whole.
  if (problems.length === 0 && file.problems.length === 0)
    problems.push(...asAWhole(rows, file, nowMs))
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

function asAWhole(rows: readonly RosterRow[], file: YamlFile, nowMs: number): Problem[] {
  const problem = (what: string) => [file.problem(['users'], what)]
  if (rows.length === 0) return problem('expected users: an empty roster would cut all users')
  const here = rows.filter(row => !hasLeft(row, nowMs))
  if (here.length === 0) return problem('expected a user who has not left')
  const hasTiers = rows.some(({ tier }) => tier !== null)
  return hasTiers && !here.some(({ isAdmin }) => isAdmin)
    ? problem('expected one user of tier: admin at least, since tiers are used')
    : []
}

/** The machines may have a name that Vault can't, if the row has another for Vault. */
function nameSlip(user: string, vaultName: string): string | null {
  const slip = plainNameSlip(user)
  if (slip === null) return null
  const fits = /^[^\s\p{C}:/-][^\s\p{C}:/]{0,254}$/u.test(user)
  return fits && vaultName !== user ? null : `expected a name ${slip}, got ${shown(user)}`
}

/** Scripts with letters that look alike: a word that mixes them imitates another. */
const scripts = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u]

/** What is wrong with the letters of an address or a git name; null: nothing. */
function lettersSlip(value: string): string | null {
  if (/\p{C}|\p{Default_Ignorable_Code_Point}/u.test(value)) return 'expected visible letters only'
  const words = value.split(/[^\p{L}\p{M}\p{N}]+/u)
  return words.some(word => scripts.filter(script => script.test(word)).length > 1)
    ? 'expected letters of one script: these look like others'
    : null
}

/** A value that only one row may have. */
interface UniqueRule {
  what: string
  valuesOf(row: RosterRow): readonly (string | null)[]
  /** Where the value of this row stands. */
  placeOf(row: RosterRow): string[]
  /** A value that counts as the row's although the row does not state it. */
  impliedBy?(row: RosterRow): string
}

const unique: UniqueRule[] = [
  {
    what: 'name',
    valuesOf: ({ user, vaultName }) => [user, vaultName],
    placeOf: ({ user, vaultName }) => (vaultName === user ? [user] : [user, 'vault_name']),
  },
  {
    what: 'e-mail address',
    valuesOf: ({ email }) => [email],
    placeOf: ({ user }) => [user, 'email'],
  },
  {
    what: 'account',
    valuesOf: ({ accountUuid }) => [accountUuid],
    placeOf: ({ user }) => [user, 'account_uuid'],
  },
  {
    what: 'git name',
    valuesOf: ({ gitNames }) => gitNames,
    placeOf: ({ user }) => [user, 'git'],
    // Without a git name, users push under their name on the machines.
    impliedBy: ({ user }) => user,
  },
]

/** Folds case and Unicode form: Vault, mail servers and readers see no difference. */
function folded(value: string): string {
  return value.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function onceOnly(rule: UniqueRule, rows: readonly RosterRow[], add: AddProblem): void {
  const owners = new Map<string, string>()
  if (rule.impliedBy) for (const row of rows) owners.set(folded(rule.impliedBy(row)), row.user)
  for (const row of rows) {
    const values = rule.valuesOf(row).flatMap(value => (value === null ? [] : folded(value)))
    for (const value of new Set(values)) {
      const owner = owners.get(value)
      if (owner === undefined) owners.set(value, row.user)
      if (owner === undefined || owner === row.user) continue
      const what = `expected ${article(rule.what)} that no other user has: ${shown(owner)} has it`
      add(rule.placeOf(row), what)
    }
  }
}

function article(what: string): string {
  return /^[aeiou]/.test(what) ? `an ${what}` : `a ${what}`
}
