// `~/` and `{user}`, `{host}`, `{profile}` in config values, filled in for one person.

import { join, normalize } from 'node:path'

/** The names that may stand in braces. */
export interface TemplateNames {
  user: string
  host: string
  profile: string
}

/** Names for a Vault path: a policy and a document are found by exactly this spelling. */
const plainName = /^[a-z0-9][a-z0-9._-]*$/

/** `~/x` in the home, without `.`, `..` and a slash at its end. */
export function userPath(text: string, home: string): string {
  const path = normalize(text.startsWith('~/') ? join(home, text.slice(2)) : text)
  return path.length > 1 ? path.replace(/\/$/, '') : path
}

/**
 * `text` with every name filled in, or what was expected instead. `names: 'plain'` accepts only
 * names of lower-case letters, digits, dot, underscore and dash that begin with a letter or digit;
 * `'file'` only such that stay one part of a path.
 */
export function fillIn(
  text: string,
  names: TemplateNames,
  rule: 'plain' | 'file' | 'any',
): { value: string } | { expected: string } {
  let expected: string | null = null
  const value = text.replace(/\{([^{}]*)\}/g, (all, word: string) => {
    if (!Object.hasOwn(names, word)) {
      expected ??= `expected {user}, {host} or {profile}, got ${all.slice(0, 20)}`
      return all
    }
    const name = names[word as keyof TemplateNames]
    if (!isAllowed(name, rule))
      expected ??= `expected a ${word} of a-z, 0-9, ".", "_" and "-", got ${JSON.stringify(name)}`
    return name
  })
  if (expected === null && /[{}]/.test(value))
    expected = 'expected {user}, {host} or {profile}, got a lone brace'
  return expected === null ? { value } : { expected }
}

function isAllowed(name: string, rule: 'plain' | 'file' | 'any'): boolean {
  if (rule === 'plain') return plainName.test(name) && !name.includes('..')
  return rule === 'any' || (/^[^/\s\p{Cc}]+$/u.test(name) && name !== '.' && name !== '..')
}
