// Where `roster apply` keeps what it made and what it was about to make: for root the machine's places, for anyone else their own.

import { join } from 'node:path'
import type { Person } from '../system/users.js'

export interface RosterPlaces {
  /** What the engine of every user here reads; null where only root may write it. */
  roster: string | null
  /** The users of the roster that was carried out last: written last. */
  applied: string
  /** What was begun: tokens that are on their way, and people who are still to be told of. */
  pending: string
  /** One apply at a time. */
  gate: string
  /** The journal of what admins did. */
  journal: string
}

/** `root` is put before every path of the machine. */
export function rosterPlaces(
  { uid, home }: Pick<Person, 'uid' | 'home'>,
  root = '/',
): RosterPlaces {
  const isRoot = uid === 0
  const folder = isRoot
    ? join(root, 'var/lib/claude-auth')
    : join(home, '.local', 'share', 'claude-auth-admin')
  return {
    roster: isRoot ? join(root, 'etc/claude-auth/roster.yaml') : null,
    applied: join(folder, 'roster.applied.yaml'),
    pending: join(folder, 'roster.pending.json'),
    gate: join(folder, 'roster.gate'),
    journal: join(folder, 'admin.jsonl'),
  }
}
