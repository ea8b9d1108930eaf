// What changed for each user between an earlier roster and the committed one, and how many may vanish at once. Pure.

import { shown } from '../config/template.js'
import { hasLeft, type RosterRow } from './roster-file.js'

/** A user of an earlier roster. */
export type EarlierRow = Pick<RosterRow, 'user' | 'vaultName' | 'isAdmin' | 'leftOn'>

export interface Differences {
  /** Users who should have a login here: listed, enrolled, not parked, not left. In the order of the roster. */
  active: RosterRow[]
  /** Users who should have none any more: the row vanished, or the day of `left` has come. */
  ending: Ending[]
}

export interface Ending {
  user: string
  vaultName: string
  /** By the committed row, or if that vanished by the last applied one. */
  isAdmin: boolean
  because: 'vanished' | 'left'
}

/** `applied` null: no roster was applied here yet, so no user has vanished. */
export function differencesOf(
  applied: readonly EarlierRow[] | null,
  committed: readonly RosterRow[],
  nowMs: number,
): Differences {
  const here = withTheSite(committed, nowMs)
  const active = here.filter(({ isEnrolled, isParked }) => isEnrolled && !isParked)
  // A user whose name on the machines changed keeps the name in Vault: nobody vanished.
  const inUse = new Set(here.map(({ vaultName }) => vaultName))
  const left = committed.filter(row => hasLeft(row, nowMs)).map(row => endingOf(row, 'left'))
  const listed = new Set(committed.map(({ user }) => user))
  const vanished = (applied ?? [])
    .filter(({ user }) => !listed.has(user))
    .map(row => endingOf(row, 'vanished'))
  return {
    active,
    ending: [...left, ...vanished].filter(({ vaultName }) => !inUse.has(vaultName)),
  }
}

/** The rows of those who have not left. */
export function withTheSite<R extends EarlierRow>(rows: readonly R[], nowMs: number): R[] {
  return rows.filter(row => !hasLeft(row, nowMs))
}

function endingOf({ user, vaultName, isAdmin }: EarlierRow, because: Ending['because']): Ending {
  return { user, vaultName, isAdmin, because }
}

/** Who would vanish, of how many, and why so many are refused; `refused` null: they are not. */
export interface Removals {
  users: string[]
  of: number
  refused: string | null
}

/** `allowed`: the number of removals that was named; null: none was. */
export function removalsOf(
  before: readonly EarlierRow[],
  after: readonly EarlierRow[],
  { nowMs, allowed }: { nowMs: number; allowed: number | null },
): Removals {
  const users = removedUsers(before, after, nowMs)
  const of = withTheSite(before, nowMs).length
  return { users, of, refused: removalsRefused(users, of, allowed) }
}

/** Those of `before` who had not left and are not in `after`, or have left by it: they would be cut. */
function removedUsers(
  before: readonly EarlierRow[],
  after: readonly EarlierRow[],
  nowMs: number,
): string[] {
  // A user with a new name on the machines and the same name in Vault is still here.
  const left = new Set(
    withTheSite(after, nowMs).flatMap(({ user, vaultName }) => [user, vaultName]),
  )
  return withTheSite(before, nowMs)
    .filter(({ user, vaultName }) => !left.has(user) && !left.has(vaultName))
    .map(({ user }) => user)
}

/**
 * Why so many removals are refused; null: they are not. More than a quarter of all, and at least three, must be confirmed by
 * their exact number, and a number that was given must be exact.
 */
export function removalsRefused(
  removed: readonly string[],
  before: number,
  allowed: number | null,
): string | null {
  const count = removed.length
  if (allowed !== null)
    return allowed === count
      ? null
      : `--removals ${allowed} was said, and it is ${count}: ${names(removed)}`
  if (count < 3 || count * 4 <= before) return null
  return `${count} of ${before} users would vanish at once: ${names(removed)}`
}

function names(users: readonly string[]): string {
  const most = 10
  const list = users
    .slice(0, most)
    .map(user => shown(user).slice(1, -1))
    .join(', ')
  if (users.length === 0) return 'nobody'
  return users.length > most ? `${list} and ${users.length - most} more` : list
}
