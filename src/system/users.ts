// The users of this machine: the one whom this process runs as, and those who may have a login.

import { execFile } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Account } from './as-user.js'
import { namesIn } from './open-file.js'
import type { Env } from './paths.js'
import { leave, systemPath } from './start-program.js'
import { AuthError, makeTrouble, quoted, type Trouble } from './trouble.js'
import { askDirectory, passwd } from './user-directory.js'

/** One user on one host; `host` is the short name in lower case. */
export interface Person {
  uid: number
  user: string
  home: string
  host: string
}

/**
 * The user's name comes from the uid, never from `$USER`, which `su` and `sudo -E` leave behind; the
 * home is `$HOME` where that is absolute, as it is for the client, else the password database's. A
 * uid that the database does not know is its own name.
 * @throws AuthError `usage` when there is no home at all
 */
export function whoAmI(env: Env): Person {
  const uid = process.geteuid?.() ?? -1
  const known = knownUser()
  const home = env['HOME'] && isAbsolute(env['HOME']) ? env['HOME'] : known?.homedir
  if (!home || !isAbsolute(home))
    throw new AuthError('usage', 'no home folder: HOME is not set to an absolute path', {
      hint: 'export HOME=/home/you',
    })
  const host = hostname().split('.')[0] ?? ''
  return { uid, user: known?.username ?? String(uid), home, host: host.toLowerCase() }
}

function knownUser(): { username: string; homedir: string } | null {
  try {
    return userInfo()
  } catch {
    return null
  }
}

/** A folder that was deleted under a shell has no name any more: then `/`. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

/** What stat(1) says of a path. `closed`: not even root may see it, as on some network homes, or its server is away. */
export type PathStatus = { uid: number; isFolder: boolean } | 'missing' | 'closed' | 'no-answer'

const statMs = 2_000
const mostAtOnce = 200
/** So that a home that hangs is found in few rounds. */
const partsAtOnce = 8
/** `S_IFMT` and `S_IFDIR` of inode(7). */
const [kindMask, folderKind] = [0o170000, 0o040000]

/**
 * Runs stat(1) on paths in homes, links followed, in a child process that is killed at a deadline: a mount (any user can serve
 * one) may never answer, and would block us for good. Never throws.
 */
export async function statInHomes(paths: readonly string[]): Promise<Map<string, PathStatus>> {
  if (paths.length === 0) return new Map()
  if (paths.length > mostAtOnce) return statInParts(paths)
  const words = ['-L', '-c', '%u %f %n', '--', ...paths]
  const { isLate, stdout, stderr } = await new Promise<StatOutput>(resolve => {
    const options = {
      cwd: '/',
      env: { PATH: systemPath, LC_ALL: 'C' },
      maxBuffer: 16 * 1024 * 1024,
    } as const
    const child = execFile('stat', words, options, (_error, stdout, stderr) => {
      clearTimeout(timer)
      resolve({ isLate: false, stdout, stderr })
    })
    const timer = setTimeout(() => {
      leave(child)
      resolve({ isLate: true, stdout: '', stderr: '' })
    }, statMs)
  })
  if (isLate)
    return paths.length > 1 ? statInParts(paths) : new Map([[paths[0] ?? '', 'no-answer']])
  const seen = new Map<string, PathStatus>(paths.map(path => [path, whyUnknown(path, stderr)]))
  for (const line of stdout.split('\n')) {
    const [, uid, mode, path] = /^(\d+) ([0-9a-f]+) (.*)$/.exec(line) ?? []
    if (path === undefined || !seen.has(path)) continue
    const isFolder = (Number.parseInt(mode ?? '', 16) & kindMask) === folderKind
    seen.set(path, { uid: Number(uid), isFolder })
  }
  return seen
}

interface StatOutput {
  isLate: boolean
  stdout: string
  stderr: string
}

async function statInParts(paths: readonly string[]): Promise<Map<string, PathStatus>> {
  const size = Math.ceil(paths.length / partsAtOnce)
  const parts = Array.from({ length: partsAtOnce }, (_, at) =>
    paths.slice(at * size, (at + 1) * size),
  )
  return new Map((await Promise.all(parts.map(statInHomes))).flatMap(part => [...part]))
}

function whyUnknown(path: string, stderr: string): PathStatus {
  const line = stderr.split('\n').find(each => each.includes(`'${path}'`)) ?? ''
  return /: (?:No such file or directory|Not a directory)$/.test(line) ? 'missing' : 'closed'
}

/** Those who may have a login on this machine. */
export interface UsersWithLogins {
  users: Account[]
  /** False: the directory of users gave no answer, so whoever only it knows may be missing. */
  isWhole: boolean
}

/**
 * All users whose home has a folder `.claude` of their own, or may not be read by root (root is nobody on some network homes),
 * or does not answer. Users that a directory service does not list are found by their folders in /home.
 */
export async function usersWithLogins(ask = askDirectory): Promise<UsersWithLogins> {
  const lines = ask([])
  const listed = accountsIn(lines ?? passwd())
  const known = new Set(listed.map(({ uid }) => uid))
  const strangers = (await ownersIn('/home')).filter(uid => !known.has(uid))
  const found = accountsAbout(strangers.map(String), ({ uid }) => strangers.includes(uid), ask)
  const byName = new Map([...listed, ...found.accounts].map(each => [each.name, each]))
  const users = await havingLogins([...byName.values()])
  return { users, isWhole: lines !== null && found.unanswered === null }
}

async function havingLogins(all: readonly Account[]): Promise<Account[]> {
  const logins = await statInHomes(all.map(loginFolder))
  const closed = all.filter(each => logins.get(loginFolder(each)) === 'closed')
  const homes = await statInHomes(closed.map(({ home }) => home))
  return all.filter(each => {
    const login = logins.get(loginFolder(each))
    if (login === 'closed') return homes.get(each.home) !== 'missing'
    // A later step finds out, as that user and with a deadline.
    if (login === 'no-answer') return true
    return typeof login === 'object' && login.isFolder && login.uid === each.uid
  })
}

/** Behind a link too: that is a login folder like any other. */
function loginFolder({ home }: Account): string {
  return join(home, '.claude')
}

/** The account of a uid, or null if there is none. */
export function accountOf(uid: number): Account | null {
  return accountsIn(askDirectory([String(uid)]) ?? '').find(each => each.uid === uid) ?? null
}

/** What the directory of users says of some names. */
export interface AccountsNamed {
  accounts: Account[]
  /**
   * The first name for which the directory gave no answer even when asked alone; nothing is known of those after it. Null: all
   * were answered.
   */
  unanswered: string | null
}

/**
 * The accounts of these names; a directory service may know some that it does not list. Unknown names have none. `ask` gives
 * lines of passwd(5), or null where there was no answer.
 */
export function accountsNamed(
  names: readonly string[],
  ask: (some: readonly string[]) => string | null = askDirectory,
): AccountsNamed {
  const wanted = new Set(names)
  return accountsAbout(names, ({ name }) => wanted.has(name), ask)
}

/** `keys`: names, or numbers in digits. */
function accountsAbout(
  keys: readonly string[],
  isWanted: (account: Account) => boolean,
  ask: typeof askDirectory,
): AccountsNamed {
  const accounts: Account[] = []
  const parts = partsOf(keys, namesAtOnce)
  for (let some = parts.shift(); some !== undefined; some = parts.shift()) {
    const lines = ask(some)
    // A slow service may answer about fewer within the limit.
    if (lines === null && some.length > 1)
      parts.unshift(...partsOf(some, Math.ceil(some.length / partsAtOnce)))
    else if (lines === null) return { accounts, unanswered: some[0] ?? '' }
    else accounts.push(...accountsIn(lines).filter(isWanted))
  }
  return { accounts, unanswered: null }
}

/** Arguments of one process. */
const namesAtOnce = 500

function partsOf(names: readonly string[], size: number): (readonly string[])[] {
  const count = Math.ceil(names.length / size)
  return Array.from({ length: count }, (_, at) => names.slice(at * size, (at + 1) * size))
}

/** Why what needs the account called `name` is not done. */
export function noAnswerAbout(name: string): Trouble {
  return makeTrouble('the directory of users gives no answer', {
    place: name,
    command: `getent passwd ${quoted(name)}`,
  })
}

function accountsIn(passwd: string): Account[] {
  return passwd.split('\n').flatMap(line => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':')
    const isOne = name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid)
    if (!isOne || !home.startsWith('/') || home === '/') return []
    return [{ name, uid: Number(uid), gid: Number(gid), home }]
  })
}

async function ownersIn(folder: string): Promise<number[]> {
  const seen = await statInHomes(namesIn(folder).map(name => join(folder, name)))
  return [
    ...new Set([...seen.values()].flatMap(each => (typeof each === 'object' ? [each.uid] : []))),
  ]
}
