// The one door to files: only regular ones of bounded size are read, so that no pipe, device or endless file holds us.
//
// Nothing else in src/ opens or reads a file by its path (test/operating-system/one-door-to-files.test.ts).

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { rightsHint } from './owner.js'
import { AuthError, quoted, systemCode } from './trouble.js'
import { othersMayRead, type PrivateRules, requireTrustedWay } from './trusted-path.js'

const secretMaxBytes = 64 * 1024

export interface OpenRules {
  /** A link in the last place: followed, unless `refuse`. */
  links?: 'follow' | 'refuse'
}

export interface ReadRules extends OpenRules {
  maxBytes: number
  /** Why this file is not to be read, after its path (`belongs to user 1001`), or null. */
  judge?: (stat: BigIntStats) => string | null
}

/** `why` is to be read after the path; `code` is the system's, where it refused. */
export type FileRead =
  | { kind: 'read'; bytes: Buffer; stat: BigIntStats }
  | { kind: 'missing' }
  | { kind: 'unfit'; why: string; code: string | null }

/**
 * Opens the regular file `path` with `flags` (of `constants`; what is created gets mode 0600). Anything but a regular file is
 * not opened: opening alone can start a device. Throws the system's error, or `not-private` for what is no regular file.
 */
export function openRegular(path: string, flags: number, { links = 'follow' }: OpenRules = {}) {
  const stat = links === 'refuse' ? lstatSync : statSync
  if (stat(path, { throwIfNoEntry: false })?.isFile() === false) throw notRegular(path)
  const { O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants
  const safely = O_NONBLOCK | O_NOCTTY | (links === 'refuse' ? O_NOFOLLOW : 0)
  const file = openSync(path, flags | safely, 0o600)
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw notRegular(path)
}

/**
 * Opens `path` with `flags` only if it is a plain file of the effective user under this one name: a file of our own
 * state. Throws the system's error, or `not-private` for what is not ours.
 */
export function openOwn(path: string, flags: number): number {
  return openJudged(path, flags, ({ nlink }) => nlink === 1)
}

/** As `openOwn`, but the file may have other hard links. */
export function openOfUser(path: string, flags: number): number {
  return openJudged(path, flags, () => true)
}

function openJudged(path: string, flags: number, isFit: (stat: Stats) => boolean): number {
  const file = openRegular(path, flags, { links: 'refuse' })
  const stat = fstatSync(file)
  if (stat.uid === process.geteuid?.() && isFit(stat)) return file
  closeSync(file)
  throw new AuthError('not-private', `${path} is not ours`, { hint: `ls -l ${quoted(path)}` })
}

/**
 * The bytes of a file of our own state, as `openOwn` opens it; null where there are more than `maxBytes`. Throws the
 * system's error, or `not-private` for what is not ours.
 */
export function ownBytes(path: string, maxBytes: number): Buffer | null {
  const file = openOwn(path, constants.O_RDONLY)
  try {
    return bytesOf(file, maxBytes)
  } finally {
    closeSync(file)
  }
}

/** Makes the file `path`, mode 0600, and opens it for writing. Throws the system's error: `EEXIST` where anything is. */
export function createFile(path: string): number {
  return openSync(path, 'wx', 0o600)
}

/** Opens a folder, to sync it or to change its mode. Throws the system's error. */
export function openFolder(path: string, { links = 'follow' }: OpenRules = {}): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  return openSync(path, O_RDONLY | O_DIRECTORY | (links === 'refuse' ? O_NOFOLLOW : 0))
}

/** Opens `/dev/null`, which leads nowhere. */
export function openNull(): number {
  return openSync('/dev/null', 'r+')
}

/** The bytes of the regular file `path`, judged on the descriptor that is read. Never throws, never waits. */
export function readBounded(path: string, rules: ReadRules): FileRead {
  let file: number
  try {
    file = openRegular(path, constants.O_RDONLY, rules)
  } catch (error) {
    return failed(error)
  }
  try {
    const stat = fstatSync(file, { bigint: true })
    const why = rules.judge?.(stat) ?? null
    if (why !== null) return { kind: 'unfit', why, code: null }
    const bytes = stat.size > rules.maxBytes ? null : bytesOf(file, rules.maxBytes)
    return bytes === null ? tooLarge(rules.maxBytes) : { kind: 'read', bytes, stat }
  } catch (error) {
    return failed(error)
  } finally {
    closeSync(file)
  }
}

/** The bytes of `path`; null if it is missing or can't be used, for any reason. */
export function bytesAt(path: string, rules: ReadRules): Buffer | null {
  const read = readBounded(path, rules)
  return read.kind === 'read' ? read.bytes : null
}

/** The text of `path`; null if it is missing or can't be used, for any reason. */
export function textAt(path: string, rules: ReadRules): string | null {
  return bytesAt(path, rules)?.toString() ?? null
}

/** The first `count` bytes of `path`, or all of a shorter file; null where it is missing or can't be used. */
export function startAt(path: string, count: number, rules: OpenRules = {}): Buffer | null {
  let file: number
  try {
    file = openRegular(path, constants.O_RDONLY, rules)
  } catch {
    return null
  }
  try {
    return startOf(file, count)
  } catch {
    return null
  } finally {
    closeSync(file)
  }
}

/** The bytes of `path`, or null where it is missing. Throws `not-private` for what can't be used. */
export function requireBytes(path: string, rules: ReadRules): Buffer | null {
  const read = readBounded(path, rules)
  if (read.kind === 'unfit') throw unfit(path, read)
  return read.kind === 'read' ? read.bytes : null
}

/** What `readBounded` could not use, as an error with what to type. */
export function unfit(path: string, { why, code }: { why: string; code: string | null }) {
  return new AuthError('not-private', `${path} ${why}`, {
    hint: rightsHint(path, code) ?? `ls -ld ${quoted(path)}`,
    ...(code === null ? {} : { cause: { code } }),
  })
}

/** Everything that can be read from `file`; null if that is more than `maxBytes`. Files in `/proc` report no size. */
export function bytesOf(file: number, maxBytes: number): Buffer | null {
  const bytes = startOf(file, maxBytes + 1)
  return bytes.length > maxBytes ? null : bytes
}

/** At most `count` bytes of `file`, from `position` on. Throws the system's error. */
export function startOf(file: number, count: number, position = 0): Buffer {
  const chunks: Buffer[] = []
  // In one piece where its size is true.
  const expected = Math.max(fstatSync(file).size - position + 1, 4096)
  for (let length = 0; length < count; ) {
    const left = length < expected ? expected - length : 16 * 1024
    const chunk = Buffer.allocUnsafe(Math.min(left, count - length))
    const got = readSync(file, chunk, 0, chunk.length, position + length)
    if (got === 0) break
    chunks.push(chunk.subarray(0, got))
    length += got
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

/** All that comes from the pipe `file`; null where that is more than `maxBytes`. Waits for its other end. */
export function bytesOfPipe(file: number, maxBytes: number): Buffer | null {
  const chunks: Buffer[] = []
  for (let length = 0; length <= maxBytes; ) {
    const chunk = Buffer.alloc(256 * 1024)
    const got = readSync(file, chunk, 0, chunk.length, null)
    if (got === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, got))
    length += got
  }
  return null
}

/** The names in a folder, in no order; none where there is no such folder, or it is closed. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The text of a secret file; see `readPrivateBytes`. */
export function readPrivateFile(path: string, rules: PrivateRules): string | null {
  return readPrivateBytes(path, rules)?.toString() ?? null
}

/**
 * The bytes of a secret file, or null when there is none. The whole way to it is judged before it is opened, and the file
 * on the descriptor that is read, so what was checked is what is used.
 * @throws AuthError `secret-readable-by-others`; `not-private` when it cannot be read, or others could have put it there
 */
export function readPrivateBytes(
  path: string,
  { maxBytes = secretMaxBytes, ...rules }: PrivateRules & { maxBytes?: number },
): Buffer | null {
  let file: number | null = null
  try {
    requireTrustedWay(path, rules.uid)
    file = openRegular(path, constants.O_RDONLY)
    judgeSecret(path, fstatSync(file, { bigint: true }), rules)
    const bytes = bytesOf(file, maxBytes)
    if (bytes === null) throw unfit(path, tooLarge(maxBytes))
    return bytes
  } catch (error) {
    const code = systemCode(error)
    if (error instanceof AuthError) throw error
    if (code === 'ENOENT') return null
    throw unfit(path, { why: `cannot be read (${code})`, code })
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** The command that makes a secret readable for its user. */
function hiding(path: string, stat: BigIntStats, { uid, rootMayShare }: PrivateRules): string {
  const owner = Number(stat.uid)
  if (owner === uid) return `chmod 600 ${quoted(path)}`
  if (owner !== 0) return `ls -ld ${quoted(path)}`
  return rootMayShare
    ? `sudo chmod g-wx,o= ${quoted(path)}`
    : `sudo chown ${uid} ${quoted(path)} && sudo chmod 600 ${quoted(path)}`
}

function judgeSecret(path: string, stat: BigIntStats, rules: PrivateRules): void {
  const why = othersMayRead(stat, rules)
  if (why)
    throw new AuthError('secret-readable-by-others', `${path} ${why}`, {
      hint: hiding(path, stat, rules),
    })
}

function failed(error: unknown): FileRead {
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' }
  if (error instanceof AuthError) return { kind: 'unfit', why: irregular, code: null }
  return { kind: 'unfit', why: `cannot be read (${code})`, code }
}

const irregular = 'is not a regular file'

function notRegular(path: string): AuthError {
  return unfit(path, { why: irregular, code: null })
}

function tooLarge(maxBytes: number) {
  const size = maxBytes < 1024 * 1024 ? `${maxBytes / 1024} KiB` : `${maxBytes / 1024 / 1024} MiB`
  return { kind: 'unfit', why: `is larger than ${size}`, code: null } as const
}
