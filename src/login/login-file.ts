// The client's login file: reading it in any state, replacing nothing but the login in it, and sealing its time, so that the
// wrapper sees any later change.

import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lstatSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type Closed, closedBy, closedError, foreign } from '../system/access.js'
import { isTooDeep } from '../system/json.js'
import { isMountPoint } from '../system/mounts.js'
import { bytesOf, openRegular } from '../system/open-file.js'
import { AuthError, systemCode } from '../system/trouble.js'
import { distrustHint, distrustOf, othersMayWrite } from '../system/trusted-path.js'
import {
  atomicWrite,
  type InPlaceRules,
  makePrivateFolder,
  writeFailed,
  writeInPlace,
} from '../system/write-file.js'
import { type Login, loginObject, parseLogin } from './login.js'
import { isEditable, memberSpan, parseObject, spliceMember, unmarked } from './login-text.js'

/** Larger than any login file with its siblings; beyond it the file is not read. */
const largestFile = 1024 * 1024

/** `bytes` is null where there is no file or it could not be read. */
export type LoginFile = {
  bytes: Buffer | null
  /** SHA-256 of the bytes: has the file changed since? Null without bytes. */
  contentHash: string | null
  mtimeMs: number | null
} & (
  | { kind: 'login'; login: Login }
  | { kind: 'missing' }
  | { kind: 'blank'; loginEnded: string | null }
  | { kind: 'unreadable'; what: string }
  /** It exists and can't be read, by rights or at this moment: its content is unknown. */
  | { kind: 'closed'; closed: Closed }
)

const nothing = { bytes: null, contentHash: null, mtimeMs: null }

/** In a folder that is not trusted: nothing is read, so nothing is known. */
export const unreadLogin: LoginFile = { ...nothing, kind: 'missing' }

/**
 * Reads the login file at `path` for the user `uid`. Never throws: what can't be used is
 * `unreadable` with `what` in plain words, what may not be read is `closed`. A symbolic link is followed if no other user could have
 * put it there or replace what it leads to, and its target is the user's own.
 */
export function readLoginFile(path: string, uid: number): LoginFile {
  if (isLink(path) && !isOwnLink(path))
    return unreadable('a symbolic link that another user may have put there')
  const closed = closedByWay(path, uid)
  if (closed !== null) return { ...nothing, kind: 'closed', closed }
  let file: number
  try {
    file = openRegular(path, constants.O_RDONLY)
  } catch (error) {
    if (error instanceof AuthError) return unreadable('it is no regular file')
    const code = systemCode(error)
    if (code === 'ENOENT' && !isLink(path)) return { ...nothing, kind: 'missing' }
    if (code === 'ENOENT') return unreadable('a symbolic link to nowhere')
    const closed = closedBy(path, uid, error)
    if (closed !== null) return { ...nothing, kind: 'closed', closed }
    return unreadable(`it can't be opened (${code})`)
  }
  try {
    const about = fstatSync(file)
    if (about.uid !== uid)
      return { ...nothing, kind: 'closed', closed: foreign(loginTarget(path), about.uid, uid) }
    if (about.size > largestFile) return unreadable(`it is ${about.size} bytes long`)
    const bytes = bytesOf(file, largestFile)
    if (bytes === null) return unreadable('it grew while it was read')
    return { ...readBytes(bytes), bytes, contentHash: sha256(bytes), mtimeMs: about.mtimeMs }
  } catch (error) {
    const closed = closedBy(path, uid, error)
    if (closed !== null) return { ...nothing, kind: 'closed', closed }
    return unreadable(`it can't be read (${systemCode(error)})`)
  } finally {
    closeSync(file)
  }
}

/**
 * The login file's folder was judged before; the way to a link's target was not. The target itself is judged once it is open.
 */
function closedByWay(path: string, uid: number): Closed | null {
  const distrust = isLink(path) ? distrustOf(path, uid) : null
  if (distrust === null || !isFolder(distrust.path)) return null
  return { path: distrust.path, what: distrust.why, hint: distrustHint(distrust, uid) }
}

/** What the bytes of a login file say. */
export function readBytes(marked: Buffer) {
  const bytes = unmarked(marked)
  if (bytes.length === 0) return { kind: 'unreadable', what: 'it is empty' } as const
  if (isTooDeep(bytes)) return { kind: 'unreadable', what: 'it is nested too deeply' } as const
  const object = parseObject(bytes)
  if (object === null) return { kind: 'unreadable', what: 'it is no whole JSON object' } as const
  const value = object['claudeAiOauth']
  return value === undefined || value === null ? ({ kind: 'missing' } as const) : parseLogin(value)
}

/**
 * The bytes of the login file with the login replaced (null: removed); every byte outside the
 * `claudeAiOauth` value is kept, a byte order mark excepted. Bytes that hold no JSON object are replaced whole.
 */
export function withLogin(marked: Buffer | null, login: Login | null): Buffer {
  const bytes = marked && unmarked(marked)
  const value = login === null ? null : loginObject(login)
  if (bytes === null || !isEditable(bytes))
    return Buffer.from(value === null ? '{}' : JSON.stringify({ claudeAiOauth: value }))
  return spliceMember(bytes, memberSpan(bytes, 'claudeAiOauth'), 'claudeAiOauth', value)
}

/**
 * Puts `bytes` in place of the login file, the way the client does (temporary name and mode of client
 * 2.1.330, fsync, rename; where that is refused, as on a mount point, over the file where it stands, as
 * 2.1.332 does), in the first of `loginTargets` that takes it. The caller holds the storage lock. Throws `write-failed`.
 */
export function writeLoginFile(path: string, bytes: Buffer, nonce: string) {
  makePrivateFolder(dirname(loginTarget(path)))
  let first: unknown = null
  for (const target of loginTargets(path)) {
    try {
      return replaceOrWriteOver(target, bytes, nonce)
    } catch (error) {
      first ??= error
    }
  }
  throw first
}

function replaceOrWriteOver(target: string, bytes: Buffer, nonce: string) {
  try {
    atomicWrite(target, bytes, { nonce: nonce.slice(0, 8), tempPrefix: `${target}.tmp.` })
  } catch (error) {
    try {
      writeInPlace(target, bytes, { names: namesOf(target) })
    } catch {
      throw error
    }
  }
}

/**
 * A second hard link may be a copy that is kept aside, which must not change with it. A file mounted over the login file is
 * always also a file elsewhere.
 */
export function namesOf(target: string): NonNullable<InPlaceRules['names']> {
  return isMountPoint(target) ? 'any' : 'one'
}

/** The file that is replaced for `path`: the target of a link of the owner's, else what stands there itself. */
function loginTarget(path: string): string {
  return isLink(path) && isOwnLink(path) ? realTarget(path) : path
}

/**
 * Where a successor may be put, the best first. Through a link of the owner's the target is replaced, and the link stays; where
 * that is refused (a store of dotfiles that is read-only), and for a link that another user may have put there, the link
 * itself, as the client does.
 */
export function loginTargets(path: string): string[] {
  return [...new Set([loginTarget(path), path])]
}

/** The error for a login file that may not be read. */
export function closedLogin(closed: Closed): AuthError {
  return closedError(closed, /\.json$/.test(closed.path) ? 'your login file' : closed.path)
}

/** The file that `path` leads to; `path` itself where nothing is there. Throws `write-failed`. */
export function realTarget(path: string): string {
  try {
    // Node's own walk takes `..` behind a link for the folder that has the link.
    return realpathSync.native(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return path
    throw writeFailed(path, error, `could not follow ${path}`)
  }
}

/** A file that can't be inspected can't be read or written either; that error is reported. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}

/** A user who may write in a folder can put a link there, and may own its target too. */
function isOwnLink(path: string): boolean {
  const folder = statSync(dirname(path))
  return lstatSync(path).uid === folder.uid && othersMayWrite(folder, folder.uid) === null
}

function unreadable(what: string): LoginFile {
  return { ...nothing, kind: 'unreadable', what }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** How far back a sealed time may lie: room for as many seals within one second. */
const sealBackSeconds = 60

/** What the run decided on, and when. */
export interface SealFacts {
  /** SHA-256 (hex) of the login file's bytes that the run decided on. */
  contentHash: string
  nowMs: number
  /** The whole second (epoch) of the seal before; 0 if there was none. */
  previousSeconds: number
}

/**
 * Sets the login file's time to a whole second in the past that no sealed login had before (`record` is
 * given it first), so that any later write, even within the same clock tick or with an older time put back,
 * shows. It is set on the descriptor that is read, and the bytes are compared after it: a write before shows
 * there, a write after in the time. Two seconds past, as busybox ash compares whole seconds; it alone can't
 * tell a copy put back whose own time lies within that very second.
 */
export function sealLogin(
  loginFile: string,
  facts: SealFacts,
  record: (seconds: number) => void = () => undefined,
): number | 'login-changed' | 'too-soon' {
  let file: number
  try {
    file = openRegular(loginFile, constants.O_RDONLY)
  } catch {
    return 'login-changed'
  }
  try {
    const before = fstatSync(file)
    const stillSealed = before.mtimeMs === facts.previousSeconds * 1000
    const seconds = sealSeconds(facts) ?? (stillSealed ? facts.previousSeconds : null)
    if (seconds === null) return 'too-soon'
    record(seconds)
    setTime(file, loginFile, seconds)
    const named = statSync(loginFile, { throwIfNoEntry: false })
    const isSame = named?.ino === before.ino && named.dev === before.dev
    return isSame && hashOf(file) === facts.contentHash ? seconds : 'login-changed'
  } finally {
    closeSync(file)
  }
}

function setTime(file: number, path: string, seconds: number): void {
  try {
    futimesSync(file, seconds, seconds)
  } catch (error) {
    throw writeFailed(path, error, `could not set the time of ${path}`)
  }
}

/** Later than every seal before; null when the clock has not come far enough for that. */
function sealSeconds({ nowMs, previousSeconds }: SealFacts) {
  const nowSeconds = Math.floor(nowMs / 1000)
  if (previousSeconds > nowSeconds) return nowSeconds - sealBackSeconds
  const seconds = Math.max(previousSeconds + 1, nowSeconds - sealBackSeconds)
  return seconds <= nowSeconds - 2 ? seconds : null
}

function hashOf(file: number): string | null {
  const bytes = bytesOf(file, largestFile)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
