// What stands at a path before anything is changed: the facts that a plan is made of.

import { createHash } from 'node:crypto'
import { lstatSync, readlinkSync } from 'node:fs'
import { AuthError, systemCode } from '../host/error.js'
import { readBounded, unfit } from '../host/open-file.js'

/** Whose a path is, and who may do what with it. */
export interface Owner {
  uid: number
  gid: number
  mode: number
}

/** `text` is the whole file; one that is no UTF-8 text is `other`. `present`: a group, a whole program. */
export type Seen =
  | { kind: 'absent' }
  | { kind: 'present' }
  | ({ kind: 'file'; text: string } & Owner)
  | { kind: 'link'; target: string }
  | ({ kind: 'folder' } & Owner)
  | { kind: 'other'; what: string }

export const absent: Seen = { kind: 'absent' }
export const present: Seen = { kind: 'present' }

const largest = 4 * 1024 * 1024

/** Looks at `path` itself; a link is not followed. Throws `not-private` where looking is not allowed. */
export function look(path: string): Seen {
  try {
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
    const owner = { uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 }
    if (stat.isDirectory()) return { kind: 'folder', ...owner }
    if (!stat.isFile()) return { kind: 'other', what: 'is no regular file' }
    const read = readBounded(path, { maxBytes: largest, links: 'refuse' })
    if (read.kind === 'missing') return absent
    if (read.kind === 'unfit' && read.code !== null) throw unfit(path, read)
    if (read.kind === 'unfit') return { kind: 'other', what: read.why }
    const { bytes } = read
    const text = bytes.toString('utf8')
    if (bytes.includes(0) || !Buffer.from(text).equals(bytes))
      return { kind: 'other', what: 'is no UTF-8 text' }
    return { kind: 'file', text, ...owner }
  } catch (error) {
    if (error instanceof AuthError) throw error
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    throw unfit(path, { why: `cannot be read (${code})`, code })
  }
}

/** Two that have the same print hold the same; owner and mode are no part of it. */
export function print(seen: Seen): string {
  switch (seen.kind) {
    case 'file':
      return `file:${createHash('sha256').update(seen.text).digest('hex')}`
    case 'link':
      return `link:${seen.target}`
    default:
      return seen.kind
  }
}
