// Which other users could change what a path leads to: every folder and link from `/` down, judged as OpenSSH does (safe_path).

import { spawnSync } from 'node:child_process'
import {
  type BigIntStats,
  existsSync,
  lstatSync,
  readlinkSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fuseOwner } from './mounts.js'
import { ownerWords } from './owner.js'
import { usersPath } from './start-program.js'
import { AuthError, quoted, systemCode } from './trouble.js'

/** The owner and mode bits that the rules judge; any `Stats` will do. */
export interface OwnerAndMode {
  uid: number | bigint
  mode: number | bigint
}

/** The first part of a path that another user controls, and why; to be read as `${path} ${why}`. */
export interface Distrust {
  path: string
  why: string
}

/** One folder, link or file on the way, as the walk met it. */
interface Part {
  path: string
  stat: BigIntStats
}

/** As many links as Linux itself follows on one way (path_resolution(7)). */
const mostLinks = 40
/** `f_type` of statfs(2). */
const procfs = 0x9fa0
const fuse = 0x65735546
/** A uid without a mapping in a user namespace is shown as this one (`/proc/sys/kernel/overflowuid`). */
const nobody = 65534

/**
 * Null when only `uid` and root decide what `path` leads to; else the first part that another
 * user does, and why. Links are followed one by one, and the folder that holds each and its owner count.
 * What is not there yet is fine where only `uid` or root could make it. A relative path begins in the
 * current folder.
 *
 * A sticky folder of root's (`/tmp`) is fine above something that is there and belongs to `uid` or root. A folder
 * that a group may write is fine if only the user (and root) is in the group, and no access control list lets
 * another in. A process file system is never
 * fine: its links lead into whatever another process sees. `isOurs` says of a folder of the user's that its group may write, and
 * of that group, whether nobody else is let in. Never throws.
 */
export function distrustOf(
  path: string,
  uid: number,
  isOurs: GroupJudge = isOursAlone,
): Distrust | null {
  try {
    return walk(path, { uid, isOurs })
  } catch (error) {
    return { path, why: `cannot be examined (${systemCode(error) ?? 'unknown error'})` }
  }
}

type GroupJudge = (
  folder: string,
  gid: number,
  about: { stat: BigIntStats; uid: number },
) => boolean

/** For whom a path is judged, and how its groups are. */
interface Judging {
  uid: number
  isOurs: GroupJudge
}

const isOursAlone: GroupJudge = (folder, _gid, { stat, uid }) => isOnlyOurs(folder, stat, uid)

function walk(path: string, judging: Judging): Distrust | null {
  let rest = parts(path.startsWith('/') ? path : `${resolve()}/${path}`)
  let links = 0
  const root: Part = { path: '/', stat: lstatSync('/', { bigint: true }) }
  let way = [root]
  const atRoot = judge(root, null, judging)
  if (atRoot) return atRoot
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      if (way.length > 1) way.pop()
      continue
    }
    const above = way.at(-1) ?? root
    const at = join(above.path, name)
    const stat = statAt(at)
    if (stat === undefined) return isForAll(above.stat) ? openToOthers(above.path) : null
    const here = { path: at, stat }
    const why = judge(here, above, judging)
    if (why) return why
    if (!stat.isSymbolicLink()) {
      way.push(here)
      continue
    }
    links += 1
    if (links > mostLinks) return { path: at, why: 'is a loop of links' }
    const target = readlinkSync(at)
    if (target.startsWith('/')) way = [root]
    rest = [...parts(target), ...rest]
  }
  const end = way.at(-1) ?? root
  return isForAll(end.stat) ? openToOthers(end.path) : null
}

/** Drops `.` and doubled slashes. `..` is walked: behind a link it leads elsewhere than the text says. */
function parts(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.')
}

/** Undefined for what is missing, or in a folder that keeps this user out. */
function statAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (['EACCES', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) return undefined
    throw error
  }
}

function judge({ path, stat }: Part, above: Part | null, judging: Judging): Distrust | null {
  const { uid } = judging
  const mount = above !== null && above.stat.dev !== stat.dev ? strangeMount(path, stat, uid) : null
  if (mount !== null) return { path, why: mount }
  if (!isTrustedOwner(path, Number(stat.uid), uid))
    return { path, why: ownerWords(Number(stat.uid)) }
  if (stat.isSymbolicLink() || isForAll(stat)) return null
  return isOpenToOthers(path, stat, judging) ? openToOthers(path) : null
}

function openToOthers(path: string): Distrust {
  return { path, why: 'is writable by others' }
}

/**
 * Is `owner` the user or root? In a user namespace root has another number: the owner of `/bin/sh` counts as
 * root. Where strangers have the same number, only in the folders that are the system's own everywhere.
 */
function isTrustedOwner(path: string, owner: number, uid: number): boolean {
  if (owner === uid || owner === 0) return true
  if (owner !== rootsNumber()) return false
  return owner !== nobody || /^\/(?:(?:bin|etc|lib\d*|nix|opt|sbin|usr)(?:\/|$)|[^/]*$)/.test(path)
}

function rootsNumber(): number {
  return statSync('/bin/sh', { throwIfNoEntry: false })?.uid ?? 0
}

/** A folder like `/tmp`: every user may add files, and only the folder's owner, root and the file's owner may remove one. */
function isForAll({ uid, mode }: BigIntStats): boolean {
  const isSticky = (mode & 0o041000n) === 0o041000n && (mode & 0o170000n) === 0o040000n
  return isSticky && uid === 0n && (mode & 0o022n) !== 0n
}

/** Without the group's right to write no access control list gives it to anyone: that is its limit. */
function isOpenToOthers(path: string, stat: BigIntStats, { uid, isOurs }: Judging): boolean {
  if ((stat.mode & 0o002n) !== 0n) return true
  if ((stat.mode & 0o020n) === 0n) return false
  const isForeign = stat.gid !== 0n && stat.uid !== BigInt(uid)
  return isForeign || !isOurs(path, Number(stat.gid), { stat, uid })
}

/** Why a file system mounted here is not trusted: another user may decide what it says of owners and links. */
function strangeMount(path: string, stat: BigIntStats, uid: number): string | null {
  if (stat.isSymbolicLink()) return null
  const { type } = statfsSync(path)
  if (type === procfs) return 'is on the process file system'
  if (type !== fuse) return null
  const owner = fuseOwner(stat.dev)
  return owner === 0 || owner === uid ? null : 'is on a file system that another user mounted'
}

/**
 * Null when only `uid` or root may write; else why not, to be read after the path
 * (`belongs to user 1001`, `is writable by others`). OpenSSH's `safe_path` judges so; no group is let pass.
 */
export function othersMayWrite(stat: OwnerAndMode, uid: number): string | null {
  if (Number(stat.uid) !== uid && Number(stat.uid) !== 0) return `belongs to user ${stat.uid}`
  return (Number(stat.mode) & 0o022) !== 0 ? 'is writable by others' : null
}

/** `uid` is the effective user. */
export interface PrivateRules {
  uid: number
  /** Accept a file of root's that a group may read (`root:claude-auth 0640`, a systemd credential 0440). */
  rootMayShare?: boolean
}

/** Null when only `uid` (or root, for its own file) may read; else why not, to be read after the path. */
export function othersMayRead(stat: OwnerAndMode, rules: PrivateRules): string | null {
  const owner = Number(stat.uid)
  if (owner !== rules.uid && owner !== 0) return `belongs to user ${stat.uid}`
  const forbidden = owner === 0 && rules.rootMayShare ? 0o037 : 0o077
  return (Number(stat.mode) & forbidden) !== 0 ? 'is readable by others' : null
}

/** The command to type about a part of a path that is not trusted. */
export function distrustHint({ path }: Distrust, uid: number): string {
  const inspect = `ls -ld ${quoted(path)}`
  try {
    const about = lstatSync(path)
    // Closed to others, /dev/null would be of no use to anybody.
    return about.isCharacterDevice() || about.isBlockDevice() ? inspect : closing(path, about, uid)
  } catch {
    return inspect
  }
}

/**
 * The command after which only `uid` and root may write to `path`. What is root's takes sudo; a folder
 * for everybody (`/tmp`) has to stay one.
 */
export function closing(path: string, stat: OwnerAndMode, uid: number): string {
  const owner = Number(stat.uid)
  const isSticky = (Number(stat.mode) & 0o1002) === 0o1002
  if ((owner !== uid && owner !== 0) || isSticky || (Number(stat.mode) & 0o022) === 0)
    return `ls -ld ${quoted(path)}`
  return `${owner === uid ? '' : 'sudo '}chmod go-w ${quoted(path)}`
}

/** For bin/trust.sh, which judges groups, so that there is one rule. */
const limitMs = 10_000
/** Earlier answers, keyed by everything visible that they depend on. */
const known = new Map<string, boolean>()

/**
 * May only `uid` and root write to `path`, although its group may: has the group no other member, and does no
 * access control list admit another user? It costs some processes, once for each place as it is. False if unknown.
 */
function isOnlyOurs(path: string, stat: BigIntStats, uid: number): boolean {
  const { dev, ino, ctimeNs, gid } = stat
  const key = [uid, path, dev, ino, ctimeNs, changeOf('/etc/group'), changeOf('/etc/passwd')].join()
  const before = known.get(key)
  if (before !== undefined) return before
  // From dist/, or from where the source is.
  const script = ['../bin/trust.sh', '../../bin/trust.sh']
    .map(each => fileURLToPath(new URL(each, import.meta.url)))
    .find(each => existsSync(each))
  const isOurs = script !== undefined && ask(script, [String(uid), String(gid)], path)
  known.set(key, isOurs)
  return isOurs
}

/** The path is passed in the environment: every user can read the arguments of a process. */
function ask(script: string, words: string[], path: string): boolean {
  const { status } = spawnSync('/bin/sh', [script, ...words], {
    env: { PATH: usersPath, ca_asked: path },
    stdio: 'ignore',
    timeout: limitMs,
  })
  return status === 0
}

function changeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ctimeNs ?? null
}

/** Null where `path` may be opened, or is not there; else why not, as an error of the code `not-private`. */
export function distrustedWay(path: string, uid: number): AuthError | null {
  const distrust = distrustOf(path, uid)
  if (distrust === null || isMissing(path)) return null
  return new AuthError('not-private', distrustedWords(path, distrust), {
    hint: distrustHint(distrust, uid),
  })
}

/** Throws what `distrustedWay` gives; a file at the end of the path is judged when it is opened. */
export function requireTrustedWay(path: string, uid: number): void {
  const error = distrustedWay(path, uid)
  if (error !== null && !isFile(distrustOf(path, uid)?.path ?? path)) throw error
}

/** May `path` be opened, judging by the way to it? */
export function isOnTrustedWay(path: string, uid: number): boolean {
  return distrustOf(path, uid) === null
}

function distrustedWords(path: string, { path: part, why }: Distrust): string {
  return part === path ? `${path} ${why}` : `${path} lies open to others: ${part} ${why}`
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
