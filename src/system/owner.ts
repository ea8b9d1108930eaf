// The owner of a path: what another user holds inside a home (`sudo` left it so), and the command that gives it back.

import { lstatSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { quoted } from './trouble.js'

/** To be read after a path. */
export function ownerWords(uid: number): string {
  return `belongs to ${uid === 0 ? 'root' : `user ${uid}`}`
}

/** The command that gives `path` back to `user`: this one, and with all that is in it, where nothing else is said. */
export function chownCommand(path: string, { user = userName(), isWhole = true } = {}): string {
  return `sudo chown ${isWhole ? '-R ' : ''}${quoted(user)} ${quoted(path)}`
}

/** The system's codes for missing permissions. */
export const rightsCodes = ['EACCES', 'EPERM']

/** What to type where the system's `code` says that rights to `path` are missing; null where it is not for its owner. */
export function rightsHint(path: string, code: string | null): string | null {
  const isRight = code !== null && rightsCodes.includes(code)
  const foreign = isRight ? foreignAbove(path, process.geteuid?.() ?? -1) : null
  return foreign && chownCommand(foreign)
}

/**
 * The first path on the way to `path` that another user owns inside a folder of this user's; null if there is none, as in /etc
 * and /var. Always null for root: what it would take back may rightly be another's.
 */
export function foreignAbove(path: string, uid: number): string | null {
  if (uid === 0) return null
  const above = [path]
  for (let each = path; each !== dirname(each); each = dirname(each)) above.unshift(dirname(each))
  const owners = above.map(ownerOf)
  const own = owners.indexOf(uid)
  const at = owners.findIndex(
    (owner, at) => own >= 0 && at > own && owner !== null && owner !== uid,
  )
  return above[at] ?? null
}

/** The owner's uid, links not followed; null if unknown. */
export function ownerOf(path: string): number | null {
  try {
    return lstatSync(path).uid
  } catch {
    return null
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.geteuid?.())
  }
}
