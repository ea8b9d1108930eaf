// Data from a YAML file made plain: no nulls, no control characters, no bottomless nesting.

import type { Path } from './problem.js'

const maxDepth = 20

/** Drops what is null (a key whose lines are all commented out); refuses what could forge output. */
export function withoutNulls(
  value: unknown,
  path: Path,
  report: (path: Path, what: string) => void,
): unknown {
  if (path.length > maxDepth) {
    report(path.slice(0, 2), 'expected at most 20 levels')
    return undefined
  }
  if (typeof value === 'string') {
    if (hasControlCharacter(value)) report(path, 'expected text without control characters')
    return value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item, at) => withoutNulls(item, [...path, at], report))
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, withoutNulls(inner, [...path, key], report)]),
  )
}

/** Tabs and line ends may stand in an argument of a command. */
function hasControlCharacter(text: string): boolean {
  return [...text].some(letter => {
    const code = letter.codePointAt(0) ?? 0
    return (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160)
  })
}
