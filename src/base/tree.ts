// A folder of shared files as it is: every file and link with what it holds, and what must not be shared.

import { createHash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { openFolder, readBounded } from '../system/open-file.js'
import { systemCode } from '../system/trouble.js'
import { secretIn, secretName } from './secret.js'

/** A file or link below the folder; folders are what leads to them. */
export interface SharedFile {
  /** SHA-256 of its bytes, or where the link leads. */
  is: string
  kind: 'file' | 'link'
  isProgram: boolean
}

export interface Slip {
  rule:
    | 'credential'
    | 'settings'
    | 'link-out'
    | 'set-uid'
    | 'writable-by-others'
    | 'special'
    | 'unreadable'
    | 'too-large'
  path: string
  /** What was found, without any secret. */
  what: string
}

export interface Tree {
  files: ReadonlyMap<string, SharedFile>
  slips: readonly Slip[]
}

/** The names that users share. */
export const sharedParts = ['skills', 'rules', 'agents', 'commands'] as const

const maxBytes = 16 * 1024 * 1024
const mostFiles = 50_000
/** How the files came here: no part of what is shared. */
const ofGit = '.git'

/** The client's settings: they would be others' for all users. */
const settings = /^(?:settings(?:\.local)?|managed-settings|\.claude|claude_desktop_config)\.json$/i

/** Deeper ones would take a descriptor each. */
const mostDeep = 100

/** An open folder: another one, or a link, cannot take its place while it is read. */
interface OpenFolder {
  file: number
  /** As the tree names it; '' is its root. */
  path: string
  owner: number
}

/** Names a thing in an open folder. */
function inside({ file }: OpenFolder, name: string): string {
  return `/proc/self/fd/${file}/${name}`
}

/**
 * Everything below `root` but git's own. `judged`: also what must not be shared. Null: `root` is no folder. Whoever writes there
 * can exchange folders and links meanwhile; what is read is below `root` all the same.
 */
export function readTree(root: string, judged: boolean): Tree | null {
  const real = realFolder(root)
  if (real === null) return null
  const files = new Map<string, SharedFile>()
  const slips: Slip[] = []
  const slip: Tell = (rule, path, what) => slips.push({ rule, path, what })
  const judgeMode = (path: string, stat: Stats) => {
    if (!stat.isDirectory() && (stat.mode & 0o6000) !== 0)
      slip('set-uid', path, 'is a set-uid or set-gid file')
    if (!stat.isSymbolicLink() && (stat.mode & 0o002) !== 0)
      slip('writable-by-others', path, 'is writable by others')
  }
  const readThing = (folder: OpenFolder, name: string, depth: number) => {
    const path = join(folder.path, name)
    const at = inside(folder, name)
    const stat = lstatSync(at, { throwIfNoEntry: false })
    if (stat === undefined) {
      // A name in other bytes than UTF-8 cannot be asked for; leaving it out would delete it from the base.
      slip('unreadable', path, 'has a name that is no UTF-8, or is not there any more')
      return
    }
    judgeMode(path, stat)
    if (stat.isDirectory()) within(at, path, slip, below => readFolder(below, depth + 1))
    else if (stat.isSymbolicLink()) {
      const target = linkAt(at)
      if (target === null) slip('unreadable', path, 'changes while it is read')
      else {
        if (leadsOut(real, path, target)) slip('link-out', path, `leads out, to ${target}`)
        files.set(path, { is: target, kind: 'link', isProgram: false })
      }
    } else if (stat.isFile()) {
      const file = readFile(folder, name, stat, slip)
      // What cannot be read is still there to be deleted.
      if (file !== null || !judged) files.set(path, file ?? unread)
    } else slip('special', path, 'is neither file, folder nor link')
    if (judged && !stat.isDirectory()) judgeName(path, slip)
  }
  const readFolder = (folder: OpenFolder, depth: number) => {
    const names = namesIn(inside(folder, ''))
    if (names === null) slip('unreadable', folder.path || '.', 'cannot be read')
    if (depth > mostDeep) slip('too-large', folder.path, `lies below ${mostDeep} folders`)
    else
      for (const name of names ?? []) {
        if (name !== ofGit) readThing(folder, name, depth)
        if (judged && files.size > mostFiles) return
      }
  }
  if (judged) judgeMode('.', lstatSync(real))
  within(real, '', slip, folder => readFolder(folder, 0))
  if (judged && files.size > mostFiles) slip('too-large', '.', `has more than ${mostFiles} files`)
  return { files, slips: judged ? slips : [] }
}

const unread: SharedFile = { is: '', kind: 'file', isProgram: false }

type Tell = (rule: Slip['rule'], path: string, what: string) => void

/** Opens the folder `at`, no link, for `read`. */
function within(at: string, path: string, slip: Tell, read: (folder: OpenFolder) => void): void {
  let file: number
  try {
    file = openFolder(at, { links: 'refuse' })
  } catch {
    slip('unreadable', path || '.', 'cannot be read')
    return
  }
  try {
    read({ file, path, owner: fstatSync(file).uid })
  } finally {
    closeSync(file)
  }
}

function linkAt(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function readFile(folder: OpenFolder, name: string, stat: Stats, slip: Tell): SharedFile | null {
  const path = join(folder.path, name)
  // The user who made the second name may not be able to read what it leads to.
  const judge = ({ nlink, uid }: { nlink: bigint; uid: bigint }) =>
    nlink > 1n && Number(uid) !== folder.owner ? `is a second name of a file of user ${uid}` : null
  const read = readBounded(inside(folder, name), { maxBytes, links: 'refuse', judge })
  if (read.kind !== 'read') {
    const why = read.kind === 'unfit' ? read.why : 'is not there any more'
    slip(stat.size > maxBytes ? 'too-large' : 'unreadable', path, why)
    return null
  }
  const secret = secretIn(read.bytes)
  if (secret !== null) slip('credential', path, `holds ${secret}`)
  const isProgram = (stat.mode & 0o100) !== 0
  return { is: digestOf(read.bytes), kind: 'file', isProgram }
}

function judgeName(path: string, slip: Tell) {
  const name = basename(path)
  if (settings.test(name)) slip('settings', path, 'is a settings file')
  else if (secretName(name)) slip('credential', path, 'is named like a credential')
}

/** The SHA-256 of a file, as `SharedFile` has it. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A link is to lead to something inside, by its words and by where it ends; an absolute one would lead back to the source. */
function leadsOut(root: string, path: string, target: string): boolean {
  if (target.startsWith('/')) return true
  const words = normalize(join('/x', dirname(path), target))
  if (words !== '/x' && !words.startsWith('/x/')) return true
  try {
    // As the kernel goes: Node's own walk takes `..` behind a link for the folder that has the link.
    const end = realpathSync.native(join(root, path))
    return end !== root && !end.startsWith(`${root}/`)
  } catch (error) {
    // It leads nowhere, or in a ring.
    return systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ELOOP'
  }
}

function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder).sort()
  } catch {
    return null
  }
}

/** Null: no folder. */
export function realFolder(path: string): string | null {
  try {
    const real = realpathSync.native(path)
    return lstatSync(real).isDirectory() ? real : null
  } catch {
    return null
  }
}
