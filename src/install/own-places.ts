// Checks that only root can change the places of an installation for all users, and that no path in an image leads out of it.

import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { textAt } from '../system/open-file.js'
import { runTool } from '../system/start-program.js'
import { AuthError, quoted } from '../system/trouble.js'
import { distrustHint, distrustOf } from '../system/trusted-path.js'
import { askDirectory } from '../system/user-directory.js'
import { clean } from '../text/clean.js'
import type { Desired } from './desired-state.js'
import type { Site } from './execute.js'

/** Files below it are never executed or trusted. */
const harmless = '/usr/local/share/'

/**
 * Throws `not-private` where one of `desired` would be in a folder that another user can change (all users run or trust these
 * files), or where its path leads out of the image. For a file or link, its parent folder is checked.
 */
export function requireOwnPlaces(site: Site, desired: readonly Pick<Desired, 'path' | 'make'>[]) {
  const ways = desired
    .filter(({ path }) => path.startsWith('/'))
    .map(({ path, make }) =>
      make.kind === 'folder' || make.kind === 'program' ? path : path.replace(/\/[^/]*$/, ''),
    )
  for (const way of new Set(ways)) {
    if (site.prefix !== '') requireInside(site.prefix, way)
    else if (!`${way}/`.startsWith(harmless)) requireRoots(way)
  }
}

function requireRoots(way: string): void {
  const distrust = distrustOf(way, 0, hasOnlyRoot)
  if (distrust === null) return
  throw new AuthError(
    'not-private',
    `${clean(way, 200)} is no place for a program of all users: ${clean(distrust.path, 200)} ${distrust.why}; nothing was changed`,
    { hint: distrustHint(distrust, 0) },
  )
}

/**
 * A folder that a group may write (`/usr/local`, staff): has the group no member but root, and the folder no access control list?
 * No where that cannot be known.
 */
function hasOnlyRoot(folder: string, gid: number): boolean {
  const names = namesIn(gid)
  if (names === null || names.some(name => name !== 'root')) return false
  // Behind the mode stands `+` for a list, a dot for a label of SELinux, else a blank.
  return [' ', '.'].includes(runTool('ls', ['-ldn', '--', folder]).stdout[10] ?? '')
}

/** Whoever is in the group, by its list or as their own first one; null: the directory of users gives no answer. */
function namesIn(gid: number): string[] | null {
  const accounts = askDirectory([])
  const { code, stdout, isMissing } = runTool('getent', ['group', String(gid)])
  if (accounts === null || !(isMissing || code === 0 || code === 2)) return null
  const groups = isMissing ? (textAt('/etc/group', { maxBytes: 16 * 1024 * 1024 }) ?? '') : stdout
  const listed = groups
    .split('\n')
    .map(line => line.split(':'))
    .filter(([, , number]) => number === String(gid))
    .flatMap(([, , , members = '']) => members.split(','))
  const own = accounts
    .split('\n')
    .map(line => line.split(':'))
    .filter(([, , , first]) => first === String(gid))
    .map(([name = '']) => name)
  return [...listed, ...own].filter(name => name !== '')
}

/** Follows every link on the path: an absolute one leads into this machine, not into the image. */
function requireInside(image: string, way: string): void {
  const inside = `${realpathSync.native(existsSync(image) ? image : '/')}/`
  let at = image
  for (const part of way.split('/').filter(each => each !== '')) {
    at = join(at, part)
    const stat = lstatSync(at, { throwIfNoEntry: false })
    if (stat === undefined) return
    if (!stat.isSymbolicLink()) continue
    if (existsSync(at) && `${realpathSync.native(at)}/`.startsWith(inside)) continue
    throw new AuthError(
      'not-private',
      `${clean(at, 200)} is a link that leads out of the image; nothing was changed`,
      { hint: `ls -ld ${quoted(at)}` },
    )
  }
}
