// A file that other users could have put in place is not read: the error says which part of its path is theirs, and what to type.

import { lstatSync } from 'node:fs'
import { AuthError } from './error.js'
import { type Distrust, distrustHint, distrustOf } from './trusted-path.js'

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
