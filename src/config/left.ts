// The mark that a user has left (`claude-auth offboard`): root's file in a folder of root's, which the user can't take away.

import { lstatSync } from 'node:fs'
import { join } from 'node:path'

/** Where the marks are, named by the number of the user. Anybody may look, only root may write. */
export const leftFolder = '/var/lib/claude-auth/left'

/** The path of the mark of `uid`. */
export function leftMark(uid: number, folder: string = leftFolder): string {
  return join(folder, String(uid))
}

/** Does the mark of `uid` lie there, put there by root? One `lstat`; a folder that can't be seen holds none. */
export function hasLeft(uid: number, folder: string = leftFolder): boolean {
  try {
    return lstatSync(leftMark(uid, folder), { throwIfNoEntry: false })?.uid === 0
  } catch {
    return false
  }
}
