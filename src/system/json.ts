// Reading JSON that others wrote, bounded in depth; comments and trailing commas are allowed where people write it.

export type JsonObject = Record<string, unknown>

/** What nests deeper could be parsed, but not written again: JSON.stringify ends the stack somewhere beyond it. */
const deepest = 500

/** The JSON object in `text`, or null for anything else, one that is nested too deeply included. */
export function jsonObject(text: string | Buffer): JsonObject | null {
  if (isTooDeep(text)) return null
  try {
    const value: unknown = JSON.parse(text.toString())
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/**
 * Are lists and objects in `text` nested deeper than 500 levels? What stands in strings and comments does not count. A
 * string ends with its line at the latest, as tolerant parsers do. Linear in the length.
 */
export function isTooDeep(text: string | Buffer): boolean {
  const chars = typeof text === 'string' ? text : text.toString('latin1')
  let depth = 0
  for (let at = 0; at < chars.length; at++) {
    switch (chars[at]) {
      case '"':
        at = endOfString(chars, at)
        break
      case '/':
        at = endOfComment(chars, at)
        break
      case '[':
      case '{':
        depth += 1
        if (depth > deepest) return true
        break
      case ']':
      case '}':
        depth -= 1
    }
  }
  return false
}

/** Where the string that begins at `start` has its last character. */
function endOfString(chars: string, start: number): number {
  for (let at = start + 1; at < chars.length; at++) {
    const char = chars[at]
    if (char === '"' || char === '\n' || char === '\r') return at
    if (char === '\\') at += 1
  }
  return chars.length
}

/** The same of a comment; `start` where there is none. */
function endOfComment(chars: string, start: number): number {
  const next = chars[start + 1]
  if (next === '*') {
    const end = chars.indexOf('*/', start + 2)
    return end < 0 ? chars.length : end + 1
  }
  if (next !== '/') return start
  let end = start + 2
  while (end < chars.length && chars[end] !== '\n' && chars[end] !== '\r') end++
  return end
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function stringOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** Undefined for what is no JSON all the same, or nested deeper than `isTooDeep` allows; an empty text is an empty object. */
export async function tolerantJson(text: string): Promise<unknown> {
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '') return {}
  if (isTooDeep(body)) return undefined
  try {
    return JSON.parse(body)
  } catch {
    const { parse } = await import('jsonc-parser')
    const errors: unknown[] = []
    const value: unknown = parse(body, errors as never[], { allowTrailingComma: true })
    return errors.length === 0 ? value : undefined
  }
}
