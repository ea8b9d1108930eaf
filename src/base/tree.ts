// A folder of shared files as it is: every file and link with what it holds, and what must not be shared.

import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { systemCode } from '../system/error.js'
import { readBounded } from '../system/open-file.js'
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

/** Everything below `root` but git's own. `judged`: also what must not be shared. Null: `root` is no folder. */
export function readTree(root: string, judged: boolean): Tree | null {
  const real = realFolder(root)
  if (real === null) return null
  const files = new Map<string, SharedFile>()
  const slips: Slip[] = []
  const slip = (rule: Slip['rule'], path: string, what: string) => slips.push({ rule, path, what })
  const judgeMode = (path: string, stat: Stats) => {
    if (!stat.isDirectory() && (stat.mode & 0o6000) !== 0)
      slip('set-uid', path, 'is a set-uid or set-gid file')
    if (!stat.isSymbolicLink() && (stat.mode & 0o002) !== 0)
      slip('writable-by-others', path, 'is writable by others')
  }
  const open = ['']
  if (judged) judgeMode('.', lstatSync(real))
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const names = namesIn(join(real, folder))
    if (names === null) slip('unreadable', folder || '.', 'cannot be read')
    for (const name of names ?? []) {
      if (name === ofGit) continue
      const path = join(folder, name)
      const stat = lstatSync(join(real, path), { throwIfNoEntry: false })
      if (stat === undefined) {
        // A name in other bytes than UTF-8 cannot be asked for; leaving it out would delete it from the base.
        slip('unreadable', path, 'has a name that is no UTF-8, or is not there any more')
        continue
      }
      judgeMode(path, stat)
      if (stat.isDirectory()) open.push(path)
      else if (stat.isSymbolicLink()) {
        const target = readlinkSync(join(real, path))
        if (leadsOut(real, path, target)) slip('link-out', path, `leads out, to ${target}`)
        files.set(path, { is: target, kind: 'link', isProgram: false })
      } else if (stat.isFile()) {
        const file = readFile(real, path, stat, slip)
        // What cannot be read is still there to be deleted.
        if (file !== null || !judged) files.set(path, file ?? unread)
      } else slip('special', path, 'is neither file, folder nor link')
      if (judged) judgeName(path, slip)
    }
    if (judged && files.size > mostFiles) {
      slip('too-large', folder || '.', `has more than ${mostFiles} files`)
      break
    }
  }
  return { files, slips: judged ? slips : [] }
}

const unread: SharedFile = { is: '', kind: 'file', isProgram: false }

function readFile(
  root: string,
  path: string,
  stat: Stats,
  slip: (rule: Slip['rule'], path: string, what: string) => void,
): SharedFile | null {
  const read = readBounded(join(root, path), { maxBytes, links: 'refuse' })
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

function judgeName(path: string, slip: (rule: Slip['rule'], path: string, what: string) => void) {
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
    const end = realpathSync(join(root, path))
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
    const real = realpathSync(path)
    return lstatSync(real).isDirectory() ? real : null
  } catch {
    return null
  }
}
