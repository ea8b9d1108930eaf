// `~/` and `{user}`, `{uid}`, `{host}`, `{profile}` in config values, filled in for one person.

import { join, normalize } from 'node:path'

/** The names that may stand in braces. */
export interface TemplateNames {
  user: string
  /** The user's number, in digits. */
  uid: string
  host: string
  profile: string
}

const allNames = '{user}, {uid}, {host} or {profile}'

/** `~/x` in the home, without `.`, `..` and a slash at its end. */
export function userPath(text: string, home: string): string {
  const path = normalize(text.startsWith('~/') ? join(home, text.slice(2)) : text)
  return path.length > 1 ? path.replace(/\/$/, '') : path
}

/**
 * `text` with every name filled in, or what was expected instead: the rule that failed, and of which name.
 * `'plain'` accepts only the names that `plainNameSlip` does; `'file'` only such that stay one part of a path.
 */
export function fillIn(
  text: string,
  names: TemplateNames,
  rule: 'plain' | 'file' | 'any',
): { value: string } | { expected: string } {
  let expected: string | null = null
  const value = text.replace(/\{([^{}]*)\}/g, (all, word: string) => {
    if (!Object.hasOwn(names, word)) {
      expected ??= `expected ${allNames}, got ${all.slice(0, 20)}`
      return all
    }
    const name = names[word as keyof TemplateNames]
    const slip = slipOf(name, rule)
    if (slip !== null) expected ??= `expected a ${word} name ${slip}, got ${shown(name)}`
    return name
  })
  if (expected === null && /[{}]/.test(value)) expected = `expected ${allNames}, got a lone brace`
  return expected === null ? { value } : { expected }
}

/**
 * The rule of names in a Vault path that `name` breaks, to be read after "a name"; null: none. A policy and a
 * document are found by exactly this spelling, and Vault folds case.
 */
export function plainNameSlip(name: string): string | null {
  const odd = /[^a-z0-9._-]/u.exec(name)?.[0]
  if (odd !== undefined) return `of a-z, 0-9, ".", "_" and "-" only (not ${shown(odd)})`
  if (!/^[a-z0-9]/.test(name)) return 'that begins with a-z or 0-9'
  return name.includes('..') ? 'without ".."' : null
}

function slipOf(name: string, rule: 'plain' | 'file' | 'any'): string | null {
  if (rule === 'plain') return plainNameSlip(name)
  if (rule === 'any') return null
  if (name === '' || name === '.' || name === '..') return 'that can be one part of a path'
  return /[/\p{Cc}]/u.test(name) ? 'without "/" and control characters' : null
}

/** A name, or what was made of it, as JSON in printable ASCII. */
export function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100)).replace(/[^\x20-\x7e]/g, unit => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
