// A repository that every user of this machine may write: what is committed there is nobody's word.

import { lstatSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Of a git directory: who may write one of these says what a ref is. */
const parts = ['', 'HEAD', 'config', 'packed-refs', 'objects', 'refs', 'refs/heads', 'refs/remotes']

/**
 * The first part that all users may write, of the folder and its git directories (as git names them, seen from there); null: none. A
 * group may: its members decide what is committed, as on a forge. What can't be looked at is not judged. Never throws.
 */
export function openPart(folder: string, gitFolders: readonly string[]): string | null {
  const all = gitFolders.flatMap(each => parts.map(part => join(resolve(folder, each), part)))
  return [folder, ...all].find(isForAll) ?? null
}

function isForAll(path: string): boolean {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    return stat !== undefined && !stat.isSymbolicLink() && (stat.mode & 0o002) !== 0
  } catch {
    return false
  }
}
