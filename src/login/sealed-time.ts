// Sealing the login file's time, so that the wrapper can tell any later change of it by comparing times alone.

import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, futimesSync, statSync } from 'node:fs'
import { bytesOf, openRegular } from '../system/open-file.js'
import { writeFailed } from '../system/write-file.js'

/** How far back a sealed time may lie: room for as many seals within one second. */
const sealBackSeconds = 60
const largestFile = 1024 * 1024

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
