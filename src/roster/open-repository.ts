// A repository that every user of this machine may write: what is committed there is nobody's word.

import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Of a git directory: who may write one of these says what a ref is. */
const parts = ['', 'HEAD', 'config', 'packed-refs', 'objects', 'refs', 'refs/heads', 'refs/remotes']

/** Where git looks for a ref by a short name (gitrevisions(7)), and we for one of `origin`. */
const refFolders = ['', 'refs', 'refs/tags', 'refs/heads', 'refs/remotes', 'refs/remotes/origin']

/**
 * The first part that all users may write, of the folder, its git directories (as git names them, seen from there) and in these
 * the files and folders that may say what the refs `names` are; null: none. A group may: its members decide what is committed,
 * as on a forge. What can't be looked at is not judged. Never throws.
 */
export function openPart(
  folder: string,
  gitFolders: readonly string[],
  names: readonly string[],
): string | null {
  const inside = new Set([...parts, ...names.flatMap(refParts)])
  const all = gitFolders.flatMap(each => [...inside].map(part => join(resolve(folder, each), part)))
  return [folder, ...all].find(isForAll) ?? null
}

/** Every file that may be the ref `name`, each after the folders that lead to it. */
function refParts(name: string): string[] {
  const plain = name.split(/[~^:@]/)[0] ?? ''
  if (plain === '' || plain.split('/').includes('..')) return []
  const branch = plain.replace(/^origin\//, '')
  const files = refFolders.flatMap(each => [join(each, plain), join(each, plain, 'HEAD')])
  return [...files, join('refs/heads', branch)].flatMap(wayTo)
}

function wayTo(path: string): string[] {
  const steps = path.split('/')
  return steps.map((_, at) => steps.slice(0, at + 1).join('/'))
}

function isForAll(path: string): boolean {
  try {
    // Of a link, what it leads to is what git reads.
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat !== undefined && (stat.mode & 0o002) !== 0
  } catch {
    return false
  }
}
