// What became of each user between the roster that was applied last and the one that is committed. Pure.

import type { EarlierRow } from './check.js'
import { hasLeft, type RosterRow } from './roster-file.js'

export interface Differences {
  /** To have a login here: listed, enrolled, not parked, not left. In the order of the roster. */
  active: RosterRow[]
  /** To have none any more: the row vanished, or the day of `left` has come. */
  ending: Ending[]
}

export interface Ending {
  user: string
  vaultName: string
  /** By the committed row, or where that vanished by the last applied one. */
  isAdmin: boolean
  because: 'vanished' | 'left'
}

/** `applied` is null where no roster was applied here yet: then no user has vanished. */
export function differencesOf(
  applied: readonly EarlierRow[] | null,
  committed: readonly RosterRow[],
  nowMs: number,
): Differences {
  const here = committed.filter(row => !hasLeft(row, nowMs))
  const active = here.filter(({ isEnrolled, isParked }) => isEnrolled && !isParked)
  // A name in Vault that a user here still has is theirs, even if their name on the machines has changed.
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

function endingOf({ user, vaultName, isAdmin }: EarlierRow, because: Ending['because']): Ending {
  return { user, vaultName, isAdmin, because }
}
