// What keeps us from saving a login: a folder or file of ours that is somebody else's, closed, or on a disk that is read-only.

import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../host/error.js'
import type { Place } from '../place.js'

export type ClosedPath =
  | { why: 'foreign'; path: string; uid: number }
  | { why: 'mode'; path: string; mode: number }
  | { why: 'read-only'; path: string }

/** The first of them; null where all is open to this user, or the home is somebody else's. `store`: the folder of the sealed store. */
export function closedPath({ paths, person }: Place, store: string): ClosedPath | null {
  if (statSync(person.home, { throwIfNoEntry: false })?.uid !== person.uid) return null
  const { R_OK, W_OK, X_OK } = constants
  const folders = [paths.folder, paths.state, store].map(
    path => [path, R_OK | W_OK | X_OK] as const,
  )
  const files = [
    [paths.gate, R_OK | W_OK],
    [join(store, 'key'), R_OK],
  ] as const
  for (const [path, access] of [...folders, ...files]) {
    const closed = whyClosed(path, person.uid, access)
    if (closed !== null) return closed
  }
  return null
}

function whyClosed(path: string, own: number, access: number): ClosedPath | null {
  try {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return null
    if (about.uid !== own) return { why: 'foreign', path, uid: about.uid }
    try {
      accessSync(path, access)
      return null
    } catch (error) {
      if (systemCode(error) === 'EROFS') return { why: 'read-only', path }
      return { why: 'mode', path, mode: about.mode & 0o7777 }
    }
  } catch {
    // The folder above is closed, and was told.
    return null
  }
}
