// A successor that was granted and could not be saved: told apart from other trouble, since no client may start on what it replaces.

import { AuthError } from '../host/error.js'
import { parentInAnswer } from '../login/answer.js'
import { tokenHash } from '../login/login.js'
import { readLoginFile } from '../login/login-file.js'
import { readMemory } from '../login/read-memory.js'
import { unknownErrorWords } from '../report/error-text.js'
import type { Run } from '../run.js'

export function isUnsaved(error: unknown): error is AuthError {
  return error instanceof AuthError && error.code === 'login-unsaved'
}

/** `login-unsaved` for what kept a successor from being saved, with that error's hint. */
export function unsaved(error: unknown): AuthError {
  if (error instanceof AuthError && ['login-closed', 'login-unsaved'].includes(error.code))
    return error
  const known = error instanceof AuthError
  const why = known ? error.message : unknownErrorWords(error)
  return new AuthError('login-unsaved', `the renewed login could not be saved: ${why}`, {
    ...(known ? { hint: error.hint } : {}),
  })
}

/** The same for a later run that has the successor at hand, in the store; other errors stay as they are. */
export function asUnsaved(run: Run, error: unknown): unknown {
  const isOurs = error instanceof AuthError && ['write-failed', 'lock-busy'].includes(error.code)
  const stored = run.asked?.kind === 'current' ? run.asked.stored.login : null
  const { spent } = run.memory
  if (!isOurs || !stored?.refreshToken || spent.includes(tokenHash(stored.refreshToken)))
    return error
  const hash = refreshHashIn(run)
  return hash !== null && spent.includes(hash) ? unsaved(error) : error
}

/** Does the login file hold a refresh token that is known to be spent? */
export function holdsSpent(place: Pick<Run, 'paths' | 'person'>): boolean {
  const hash = refreshHashIn(place)
  if (hash === null) return false
  return (
    parentInAnswer(place.paths.answer) === hash ||
    readMemory(place.paths.stateFile, { orEmpty: true }).spent.includes(hash)
  )
}

function refreshHashIn({ paths, person }: Pick<Run, 'paths' | 'person'>): string | null {
  const file = readLoginFile(paths.loginFile, person.uid)
  const token = file.kind === 'login' ? file.login.refreshToken : null
  return token === null ? null : tokenHash(token)
}
