// The write-ahead copy of a token endpoint's answer: a successor that has arrived survives any crash.

import { createHash } from 'node:crypto'
import { closeSync, constants, fsyncSync, ftruncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { closedBy, closedError } from '../system/access.js'
import { jsonObject } from '../system/json.js'
import { openOwn, ownBytes } from '../system/open-file.js'
import { systemCode } from '../system/trouble.js'
import { atomicWrite, removeQuietly, writeAll } from '../system/write-file.js'
import {
  answerMaxBytes,
  fallbackAnswers,
  removeFallbackAnswers,
  writeFallbackAnswer,
} from './fallback-answer.js'

/** Encrypts the answer on disk; in shared custody it changes nothing. */
export interface Sealer {
  seal: (bytes: Buffer) => Promise<Buffer>
  /** Null when the bytes do not open. */
  open: (bytes: Buffer) => Promise<Buffer | null>
}

export interface AnswerHeader {
  /** SHA-256 of the refresh token that the request spends. */
  parentHash: string
  sentAtMs: number
  sealed: boolean
}

/** A whole reply of the token endpoint as it came, unparsed. */
export interface RawAnswer {
  status: number
  body: Buffer
}

export type LeftAnswer =
  | { kind: 'none' }
  /** The request may have been sent; no whole answer arrived. */
  | { kind: 'sent'; header: AnswerHeader }
  | { kind: 'answered'; header: AnswerHeader; answer: RawAnswer }

/** Written as real bytes, so that the answer has room even if the disk fills up meanwhile. */
const reservedBytes = 64 * 1024
const bodyStart = 1024

/**
 * Reserves the answer's place and makes the header durable. To be called before the request leaves;
 * throws `write-failed`, and then no request may be sent.
 */
export function beginAnswer(path: string, header: AnswerHeader, nonce: string) {
  const bytes = Buffer.alloc(reservedBytes, nonce)
  startOf(header).copy(bytes)
  bytes.fill('\n', bodyStart, bodyStart + 1)
  atomicWrite(path, bytes, { nonce })
  reserveInodes(dirname(path))
}

/**
 * Writes the answer into its reserved place and syncs it; to be called before anything is read from it. If the reserved space
 * can't be written (copy-on-write, errors) or was replaced, the answer goes to a fallback folder, with the `header` of its
 * request. Throws `write-failed` when it could be kept nowhere.
 */
export async function saveAnswer(
  path: string,
  answer: RawAnswer,
  sealer: Sealer,
  { header, nonce }: { header: AnswerHeader; nonce: string },
) {
  const payload = await sealer.seal(answer.body)
  const head = { status: answer.status, length: payload.length, sha256: sha256(payload) }
  const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload])
  try {
    writeBody(path, bytes)
  } catch {
    writeFallbackAnswer(path, Buffer.concat([startOf(header), bytes]), header.sealed, nonce)
  }
  releaseInodes(dirname(path))
}

/** What stands before the body: the header, filled up with blanks. */
function startOf(header: AnswerHeader): Buffer {
  const bytes = Buffer.alloc(bodyStart, ' ')
  bytes.write(`${JSON.stringify({ format: 1, ...header })}\n`)
  return bytes
}

function writeBody(path: string, bytes: Buffer) {
  const file = openOwn(path, constants.O_RDWR)
  try {
    writeAll(file, bytes, bodyStart)
    fsyncSync(file)
    // The rest of the reserved space is for saving the login on a disk that has become full.
    ftruncateSync(file, bodyStart + bytes.length)
  } finally {
    closeSync(file)
  }
}

/** What an earlier run left behind. Throws `login-closed` if it may not be read. A half-written answer counts as none. */
export async function findLeftAnswer(path: string, sealer: Sealer): Promise<LeftAnswer> {
  const here = await readAnswer(bytesAt(path), sealer)
  if (here.kind === 'answered') return here
  for (const bytes of fallbackAnswers(path, { isExpected: here.kind === 'sent' })) {
    const there = await readAnswer(bytes, sealer)
    const isSame = here.kind === 'none' || hashOf(there) === here.header.parentHash
    if (there.kind === 'answered' && isSame) return there
  }
  return here
}

/** Which refresh token (its SHA-256) the request of the answer at `path` or in its fallback posted; null: none is there. */
export function parentInAnswer(path: string): string | null {
  const isIn = (bytes: Buffer | null) =>
    bytes === null ? null : (headerOf(lineAt(bytes, 0))?.parentHash ?? null)
  return (
    isIn(bytesAt(path)) ??
    fallbackAnswers(path, { isExpected: false })
      .map(isIn)
      .find(hash => hash !== null) ??
    null
  )
}

/** Not synced: an answer that reappears after a crash is saved again, which is harmless. */
export function eraseAnswer(path: string) {
  const isExpected = !hasBody(path)
  removeQuietly(path)
  releaseInodes(dirname(path))
  removeFallbackAnswers(path, { isExpected })
}

/** Is the answer in its reserved place? */
function hasBody(path: string): boolean {
  try {
    const bytes = bytesAt(path)
    return bytes !== null && jsonObject(lineAt(bytes, bodyStart) ?? '') !== null
  } catch {
    return false
  }
}

function bytesAt(path: string): Buffer | null {
  try {
    return ownBytes(path, answerMaxBytes)
  } catch (error) {
    const closed = closedBy(path, process.geteuid?.() ?? -1, error)
    if (closed !== null) throw closedError(closed)
    return null
  }
}

async function readAnswer(bytes: Buffer | null, sealer: Sealer): Promise<LeftAnswer> {
  const header = bytes === null ? null : headerOf(lineAt(bytes, 0))
  if (bytes === null || header === null) return { kind: 'none' }
  const answer = await answerOf(bytes, header, sealer)
  return answer === null ? { kind: 'sent', header } : { kind: 'answered', header, answer }
}

function hashOf(found: LeftAnswer): string | null {
  return found.kind === 'none' ? null : found.header.parentHash
}

async function answerOf(bytes: Buffer, header: AnswerHeader, sealer: Sealer) {
  const line = lineAt(bytes, bodyStart)
  const head = line === null ? null : jsonObject(line)
  const { status, length, sha256: sum } = head ?? {}
  if (typeof status !== 'number' || typeof length !== 'number' || line === null) return null
  const start = bodyStart + Buffer.byteLength(line) + 1
  const payload = bytes.subarray(start, start + length)
  if (payload.length !== length || sha256(payload) !== sum) return null
  const body = header.sealed ? await sealer.open(payload) : payload
  return body === null ? null : { status, body: Buffer.from(body) }
}

function headerOf(line: string | null): AnswerHeader | null {
  const value = line === null ? null : jsonObject(line)
  const { parentHash, sentAtMs, sealed } = value ?? {}
  if (typeof parentHash !== 'string' || !/^[0-9a-f]{64}$/.test(parentHash)) return null
  if (typeof sentAtMs !== 'number' || typeof sealed !== 'boolean') return null
  return { parentHash, sentAtMs, sealed }
}

function lineAt(bytes: Buffer, start: number): string | null {
  const end = bytes.indexOf('\n', start)
  return end < 0 ? null : bytes.subarray(start, end).toString()
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Inodes for the lock, and for the temporary files of login, state and store. */
const files = 4

/** Placeholder files that reserve inodes for a save; without them a save depends on what is left. */
function reserveInodes(folder: string) {
  for (const place of placeholdersIn(folder)) {
    try {
      // Never through a planted link; what a crash has left is reserved space, too.
      writeFileSync(place, '', { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return
    }
  }
}

function releaseInodes(folder: string) {
  for (const place of placeholdersIn(folder)) removeQuietly(place)
}

/** Named like temporary files, so that they are swept after a crash. */
function placeholdersIn(folder: string): string[] {
  return Array.from({ length: files }, (_, index) => join(folder, `room.tmp.0000000${index}`))
}
