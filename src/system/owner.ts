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

/** What the system says where rights are missing. */
export const rightsCodes = ['EACCES', 'EPERM']

/** What to type where the system's `code` says that rights to `path` are missing; null where it is not for its owner. */
export function rightsHint(path: string, code: string | null): string | null {
  const isRight = code !== null && rightsCodes.includes(code)
  const foreign = isRight ? foreignAbove(path, process.geteuid?.() ?? -1) : null
  return foreign && chownCommand(foreign)
}

/**
 * The folder of another user that holds `path`, inside one of this user's; of /etc and /var nothing is,
 * and root could take away what is rightly another's.
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

/** Of what stands there itself; null where that can't be seen. */
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
