// The error for a write that failed; its hint looks where the trouble is: at the owner, the place, or the disk.

import { lstatSync, statfsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { AuthError, systemCode } from './error.js'
import { quoted } from './quoted.js'

const placeCodes = ['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ELOOP']
const ownerCodes = ['EACCES', 'EPERM']
/** The mount, or the device below it, refuses. */
const mountCodes = ['EROFS', 'EBUSY', 'EXDEV', 'EIO', 'ESTALE', 'ENODEV', 'ENXIO']
const roomCodes = ['ENOSPC', 'EDQUOT']

/** `what` says what could not be done to `path`: `could not write /home/a/f`. */
export function writeFailed(path: string, error: unknown, what = `could not write ${path}`) {
  const code = systemCode(error)
  const hint = hintFor(path, code ?? '')
  return new AuthError('write-failed', `${what} (${code})`, hint === null ? {} : { hint })
}

/** The command that gives `path` back to this user. */
export function giveBack(path: string): string {
  return `sudo chown -R ${userName()} ${quoted(path)}`
}

/** No descriptor left: of this process, or of the machine. */
export const descriptorCodes = ['EMFILE', 'ENFILE']

/** Are the inodes used up, or the blocks? A quota shows in neither. */
function roomHint(folder: string): string {
  const at = quoted(existing(folder))
  try {
    const { files, ffree } = statfsSync(existing(folder))
    return files > 0 && ffree === 0 ? `df -i ${at}` : `df -h ${at}`
  } catch {
    return `df -h ${at}`
  }
}

/** The nearest of `path` and the folders above it that is there: no tool can say anything about another. */
function existing(path: string): string {
  for (let each = path; ; each = dirname(each)) {
    if (each === dirname(each) || ownerOf(each) !== null) return each
  }
}

function hintFor(path: string, code: string): string | null {
  const foreign = ownerCodes.includes(code) ? foreignAbove(path, process.geteuid?.() ?? -1) : null
  if (foreign !== null) return giveBack(foreign)
  if (descriptorCodes.includes(code)) return 'ulimit -n'
  if (mountCodes.includes(code)) return `findmnt -T ${quoted(existing(path))}`
  if (roomCodes.includes(code)) return roomHint(dirname(path))
  const isPlace = [...placeCodes, ...ownerCodes].includes(code)
  return isPlace ? `ls -ld ${quoted(dirname(path))} ${quoted(path)}` : null
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

function ownerOf(path: string): number | null {
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
