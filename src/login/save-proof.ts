// What saving a login needs, proved and held ready before a request leaves that makes it necessary.

import { closeSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { systemCode } from '../system/error.js'
import { openNull, textAt } from '../system/open-file.js'
import { openInPlace, removeQuietly, writeFailed } from '../system/write-file.js'
import { loginTarget } from './login-file.js'

/** More than a save has open at once, with the store's, the journal's and the locks' files. */
const descriptors = 16
/** Of a machine with many thousands of mounts. */
const mountsMaxBytes = 64 * 1024 * 1024

/** What is held ready. */
export interface Readiness {
  /** Lets the saving have it. May be called twice. */
  release: () => void
}

/**
 * Proves that a successor of the login at `loginFile` could be put there: that so many files can be
 * opened (they are kept until `release`), and that the file can be replaced, or else written over in
 * its place. Changes nothing that a client sees. Throws `write-failed`: then no request may leave.
 */
export function readyToSave(loginFile: string, nonce: () => string): Readiness {
  const kept = keepDescriptors(loginFile)
  const release = () => {
    for (const file of kept.splice(0)) closeSync(file)
  }
  try {
    proveReplacing(loginTarget(loginFile), nonce)
  } catch (error) {
    release()
    throw error
  }
  return { release }
}

function keepDescriptors(loginFile: string): number[] {
  const kept: number[] = []
  try {
    while (kept.length < descriptors) kept.push(openNull())
    return kept
  } catch (error) {
    for (const file of kept) closeSync(file)
    throw writeFailed(loginFile, error, 'too few files can be opened to save a login')
  }
}

/** A file is made beside it and renamed there, as its successor would be; where that is refused it must be writable. */
function proveReplacing(target: string, nonce: () => string): void {
  const trouble = refusalOf(target, nonce)
  if (trouble === null) return
  try {
    closeSync(openInPlace(target))
  } catch (error) {
    // A right that is missing in both ways is reported for the folder: it is the one that people know.
    throw writeFailed(target, trouble.code === 'EBUSY' ? error : trouble)
  }
}

function refusalOf(target: string, nonce: () => string): { code: string } | null {
  const [first, second] = [nonce(), nonce()].map(each => `${target}.tmp.${each.slice(0, 8)}`) as [
    string,
    string,
  ]
  try {
    writeFileSync(first, '', { mode: 0o600, flag: 'wx' })
    renameSync(first, second)
  } catch (error) {
    return { code: systemCode(error) ?? '' }
  } finally {
    removeQuietly(first)
    removeQuietly(second)
  }
  return isMountPoint(target) ? { code: 'EBUSY' } : null
}

/** Nothing can be renamed over a mount point (rename(2): EBUSY). */
function isMountPoint(path: string): boolean {
  try {
    const real = realpathSync(path)
    return (textAt('/proc/self/mountinfo', { maxBytes: mountsMaxBytes }) ?? '')
      .split('\n')
      .some(line => unescaped(line.split(' ')[4] ?? '') === real)
  } catch {
    // Without /proc, or without the file: the rename itself will tell.
    return false
  }
}

/** proc(5): blanks and backslashes are octal there. */
function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
