// Proof that a login can be saved: everything a save needs is open before the request that makes it necessary.

import { closeSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isMountPoint } from '../system/mounts.js'
import { openNull } from '../system/open-file.js'
import { AuthError, systemCode } from '../system/trouble.js'
import { openInPlace, removeAllQuietly, removeQuietly, writeFailed } from '../system/write-file.js'
import { isLink, loginTargets, namesOf } from './login-file.js'

/** More than a save has open at once, with the store's, the journal's and the locks' files. */
const descriptors = 16

/** Resources that are held for the save. */
export interface Readiness {
  /** Frees them for the save. May be called twice. */
  release: () => void
}

/**
 * Proves that a successor of the login at `loginFile` could be put there: that so many files can be
 * opened (they are kept until `release`), that a lock can be made beside it, and that the file can be replaced, or else
 * written over in its place. Changes nothing that a client sees. Throws `write-failed`, or `login-fixed` (see
 * `whyFixed`): then no request may leave.
 */
export function readyToSave(loginFile: string, nonce: () => string): Readiness {
  const kept = keepDescriptors(loginFile)
  const release = () => {
    for (const file of kept.splice(0)) closeSync(file)
  }
  try {
    proveLocking(loginFile, nonce)
    const fixed = whyFixed(loginFile)
    if (fixed !== null) throw fixed
    proveReplacing(loginFile, nonce)
  } catch (error) {
    release()
    throw error
  }
  return { release }
}

/**
 * Why the login file can neither give way to another nor be written over, whatever its folder allows: it is immutable, or
 * a mount point that is read-only. Null where nothing of that is known; a link gives way itself. Changes nothing.
 */
export function whyFixed(loginFile: string): AuthError | null {
  const error = fixing(loginFile)
  if (error === null) return null
  const { message, hint } = writeFailed(loginFile, error)
  return new AuthError('login-fixed', message, { hint })
}

function fixing(target: string): unknown {
  if (isLink(target)) return null
  try {
    closeSync(openInPlace(target, { names: 'any' }))
    return null
  } catch (error) {
    const code = systemCode(error)
    // A read-only file (0400) can still be replaced by a rename.
    return code === 'EPERM' || (code !== 'ENOENT' && isMountPoint(target)) ? error : null
  }
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

/** The storage lock is a folder in the login's, taken for the write. */
function proveLocking(loginFile: string, nonce: () => string): void {
  const probe = `${loginFile}.tmp.${nonce().slice(0, 8)}`
  try {
    mkdirSync(probe, { mode: 0o700 })
  } catch (error) {
    throw writeFailed(probe, error, `could not make a lock in ${dirname(loginFile)}`)
  }
  removeAllQuietly(probe)
}

/** One of the places of the login has to take its successor. */
function proveReplacing(loginFile: string, nonce: () => string): void {
  const [first, ...others] = loginTargets(loginFile).map(
    target => () => whyNotReplaced(target, nonce),
  )
  const trouble = first?.() ?? null
  if (trouble !== null && others.every(each => each() !== null)) throw trouble
}

/** A file is made beside it and renamed there, as its successor would be; where that is refused it must be writable. */
function whyNotReplaced(target: string, nonce: () => string): AuthError | null {
  const fixed = fixing(target)
  if (fixed !== null) return writeFailed(target, fixed)
  const trouble = refusalOf(target, nonce)
  if (trouble === null) return null
  try {
    closeSync(openInPlace(target, { names: namesOf(target) }))
    return null
  } catch {
    // If both ways lack a permission, the folder's is reported: that is the familiar one.
    return writeFailed(target, trouble)
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
    return null
  } catch (error) {
    return { code: systemCode(error) ?? '' }
  } finally {
    removeQuietly(first)
    removeQuietly(second)
  }
}
