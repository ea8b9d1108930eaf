// Checks of our own files beside a login: can we write there, and is each a regular file of a plausible size?

import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LoginContext } from '../engine/login-context.js'
import { ownerPath } from '../login/lock-files.js'
import { statOf } from '../system/access.js'
import { namesIn } from '../system/open-file.js'
import { ownerWords } from '../system/owner.js'
import { systemCode } from '../system/trouble.js'
import { isTemporary } from '../system/write-file.js'
import { type Finding, found, ok, pasted, shown, words } from './check.js'

/** Of `LoginFacts`. */
export interface OwnFileFacts {
  place: LoginContext
  /** The first of our files that can't be written to. */
  closed: ClosedPath | null
  /** The first of our files that is no regular file. */
  odd: OddFile | null
  /** In our state folder and sealed store, and readable by others. */
  open: { path: string; mode: number }[]
}

export type ClosedPath =
  | { why: 'foreign'; path: string; uid: number }
  | { why: 'mode'; path: string; mode: number }
  | { why: 'read-only'; path: string }

export interface OddFile {
  path: string
  /** To be read after the path. */
  why: string
  /** Nothing is lost with it. */
  isEmpty: boolean
  /** Without it nothing is renewed. */
  isNeeded: boolean
}

/** The first of them; null if this user may use all of them, or the home is another user's. `store`: folder of the sealed store. */
export function closedPath({ paths, person }: LoginContext, store: string): ClosedPath | null {
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
    // The parent folder is closed, and was reported already.
    return null
  }
}

/** The folders of our state; all else in it is files. */
const folders = ['login', 'config', 'client', 'aside']

/** Many times the largest. */
const mostBytes = 16 * 1024 * 1024

/** The first one in our state, among the sealed copies in the folder `store`, and beside the client's locks. */
export function oddFile({ paths, owned }: LoginContext, store: string): OddFile | null {
  if (!owned) return null
  const state = namesIn(paths.state)
    .sort()
    .filter(name => !folders.includes(name) && !isTemporary(name))
  const sealed = namesIn(store)
    .sort()
    .filter(name => /^keys?$|\.jwe$/.test(name))
  const all = [
    ...state.map(name => join(paths.state, name)),
    ...sealed.map(name => join(store, name)),
    ownerPath(paths.folder),
  ]
  for (const path of all) {
    const why = whyOdd(path)
    if (why === null) continue
    const isNeeded = [paths.gate, join(store, 'key')].includes(path)
    return { path, why, isEmpty: isEmpty(path), isNeeded }
  }
  return null
}

function whyOdd(path: string): string | null {
  try {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return null
    if (!about.isFile()) return 'is not a regular file'
    return about.size > mostBytes ? 'is larger than 16 MiB' : null
  } catch (error) {
    // What is closed to us, the check of rights tells.
    return systemCode(error) === 'ELOOP' ? 'is a loop of links' : null
  }
}

function isEmpty(path: string): boolean {
  const about = statOf(path)
  return about?.isFile() === false && !about.isDirectory()
}

/** Can what we get be saved? */
export function ownFiles({ closed, odd, place }: OwnFileFacts): Finding | null {
  if (closed === null) {
    // The next run puts another in place of most.
    if (odd !== null)
      return found(odd.isNeeded ? 'fail' : 'warn', ownFileWords.odd(odd, place.person.home))
    return place.owned ? ok(ownFileWords.ours) : null
  }
  if (closed.why === 'read-only') return found('fail', ownFileWords.readOnly(closed.path))
  if (closed.why === 'foreign')
    return found('fail', ownFileWords.taken(closed.path, closed.uid, place.person.user))
  const mode = closed.mode | 0o700
  return found('fail', ownFileWords.closed(closed.path), { do: 'chmod', path: closed.path, mode })
}

export function privateFiles({ open }: Pick<OwnFileFacts, 'open'>): Finding {
  if (open.length === 0) return ok(ownFileWords.closedOurs)
  const fixes = open.map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & 0o700 }) as const)
  return found('warn', ownFileWords.openOurs(open.map(({ path }) => path)), ...fixes)
}

const ownFileWords = {
  openOurs: (paths: string[]) =>
    words(
      `Others may read private files: ${paths.map(shown).join(', ')}.`,
      `chmod go= ${paths.map(pasted).join(' ')}`,
    ),
  closedOurs: 'State and sealed copy are private.',
  ours: 'A renewed login can be saved.',
  odd: ({ path, why, isEmpty }: { path: string; why: string; isEmpty: boolean }, home: string) =>
    words(
      `${shown(path)} ${why}, so claude-auth can't use it.`,
      isEmpty ? `rm ${pasted(path)}` : `mv ${pasted(path)} ${pasted(home)}/`,
    ),
  taken: (path: string, uid: number, user: string) =>
    words(
      `${shown(path)} ${ownerWords(uid)}: no login can be saved.`,
      `sudo chown -R ${user} ${pasted(path)}`,
    ),
  closed: (path: string) =>
    words(`${shown(path)} is closed to you: no login can be saved.`, `chmod u+rwX ${pasted(path)}`),
  readOnly: (path: string) =>
    words(
      `${shown(path)} is on a file system that is read-only: no login can be saved.`,
      `findmnt -T ${pasted(path)}`,
    ),
}
