// The words of every error: its message and what to type, without anything that could be secret.

import { AuthError, systemCode } from '../system/error.js'
import { clean } from './clean.js'
import { linePrefix } from './wrap.js'

/**
 * Two lines for stderr: the message and the hint. Of an error without a name of ours only the class
 * and the system's code are shown, since the rest could hold anything.
 */
export function errorLines(error: unknown): string[] {
  const { message, hint } = errorWords(error)
  return [`${linePrefix}${message}`, `${linePrefix}hint: ${hint}`]
}

/** The same in the one line that a launch has for our own trouble. */
export function errorLine(error: unknown): string {
  const { message, hint } = errorWords(error)
  return `${linePrefix}${message.replace(/\.$/, '')}. Type: ${hint}`
}

/** The message, and the command to type. */
export function errorWords(error: unknown): { message: string; hint: string } {
  const known = error instanceof AuthError
  return {
    message: known ? clean(error.message, 1_000) : unknownErrorWords(error),
    hint: known ? clean(error.hint, 1_000) : 'claude-auth ensure',
  }
}

/** `unexpected TypeError (ENOENT)`: all that may be said of an error we have no name for. */
export function unknownErrorWords(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error
  const code = systemCode(error)
  const safeName = /^[A-Za-z][A-Za-z0-9]{0,39}$/.test(name) ? name : 'Error'
  const safeCode = code !== null && /^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? ` (${code})` : ''
  return `unexpected ${safeName}${safeCode}`
}
