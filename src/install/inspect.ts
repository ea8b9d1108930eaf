// Reads the current state of the paths of a plan, each according to its kind.

import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readBounded, textAt, unfit } from '../system/open-file.js'
import { runTool } from '../system/start-program.js'
import { AuthError, systemCode } from '../system/trouble.js'
import type { Desired } from './desired-state.js'

/** `prefix` stands before every path: another root, or empty. */
export function inspect(prefix: string, { path, make }: Pick<Desired, 'path' | 'make'>): PathState {
  switch (make.kind) {
    case 'group':
      return groupMembers(make.name) === null ? absent : present
    case 'program':
      return existsSync(join(prefix, path)) ? present : absent
    case 'mode':
      return withoutText(join(prefix, path))
    default:
      return stateAt(prefix === '' ? path : join(prefix, path))
  }
}

/** The names in a group; null when there is no such group. */
export function groupMembers(name: string): string[] | null {
  const { code, stdout, isMissing } = runTool('getent', ['group', name])
  const lines = isMissing ? (textAt('/etc/group', { maxBytes: 16 * 1024 * 1024 }) ?? '') : stdout
  const line = lines.split('\n').find(each => each.startsWith(`${name}:`))
  if ((code !== 0 && !isMissing) || line === undefined) return null
  return (line.split(':')[3] ?? '').split(',').filter(each => each !== '')
}

/** A file whose mode is all that matters, such as the login, is not read. */
function withoutText(path: string): PathState {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const owner = stat && { uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 }
  if (owner && stat.isFile()) return { kind: 'file', text: '', ...owner }
  return owner && stat.isDirectory() ? { kind: 'folder', ...owner } : absent
}

/** Owner and mode of a path. */
export interface Owner {
  uid: number
  gid: number
  mode: number
}

/** `text` is the whole file; one that is no UTF-8 text is `other`. `present`: a group, a whole program. */
export type PathState =
  | { kind: 'absent' }
  | { kind: 'present' }
  /** `fixed`: why nothing can be written there, in words; not set where it can. */
  | ({ kind: 'file'; text: string; fixed?: string } & Owner)
  | { kind: 'link'; target: string }
  | ({ kind: 'folder' } & Owner)
  | { kind: 'other'; what: string }

export const absent: PathState = { kind: 'absent' }
export const present: PathState = { kind: 'present' }

const largest = 4 * 1024 * 1024

/** Looks at `path` itself; a link is not followed. Throws `not-private` where looking is not allowed. */
function stateAt(path: string): PathState {
  try {
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
    const owner = { uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 }
    if (stat.isDirectory()) return { kind: 'folder', ...owner }
    if (!stat.isFile()) return { kind: 'other', what: 'is no regular file' }
    const read = readBounded(path, { maxBytes: largest, links: 'refuse' })
    if (read.kind === 'missing') return absent
    if (read.kind === 'unfit' && read.code !== null && read.code !== 'EACCES')
      throw unfit(path, read)
    if (read.kind === 'unfit') return { kind: 'other', what: read.why }
    const { bytes } = read
    const text = bytes.toString('utf8')
    if (bytes.includes(0) || !Buffer.from(text).equals(bytes))
      return { kind: 'other', what: 'is no UTF-8 text' }
    const fixed = whyFixed(path, stat.uid)
    return { kind: 'file', text, ...owner, ...(fixed === null ? {} : { fixed }) }
  } catch (error) {
    if (error instanceof AuthError) throw error
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    throw unfit(path, { why: `cannot be read (${code})`, code })
  }
}

/** A file is changed by putting another in its place, and one that is immutable can't be replaced either. */
function whyFixed(path: string, owner: number): string | null {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK)
    // The owner can open what they have closed to themselves.
    if (owner !== process.geteuid?.()) accessSync(path, constants.W_OK)
    else if (!canWrite(path)) return 'is immutable'
    return null
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EROFS') return 'is on a read-only file system'
    if (code === 'EPERM') return 'is immutable'
    if (owner === process.geteuid?.()) return 'is in a folder that is closed to you'
    return owner === 0 ? 'belongs to root' : `belongs to user ${owner}`
  }
}

/** False only where the file itself is immutable. */
function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch (error) {
    return systemCode(error) !== 'EPERM'
  }
}

/** States with the same digest have the same content; owner and mode are not part of it. */
export function digest(state: PathState): string {
  switch (state.kind) {
    case 'file':
      return `file:${createHash('sha256').update(state.text).digest('hex')}`
    case 'link':
      return `link:${state.target}`
    default:
      return state.kind
  }
}
