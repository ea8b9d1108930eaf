// Reading JSON that others wrote.

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

/** Are lists and objects in `text` nested deeper than 500 levels? What stands in strings does not count. */
export function isTooDeep(text: string | Buffer): boolean {
  const bytes = typeof text === 'string' ? text : text.toString('latin1')
  let depth = 0
  for (const [token] of bytes.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    if (depth > deepest) return true
  }
  return false
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

/** Has `value` the kinds of `example`, member by member? Of a list, every element those of the first. */
export function isLike(value: unknown, example: unknown): boolean {
  if (Array.isArray(example))
    return Array.isArray(value) && value.every(each => isLike(each, example[0]))
  if (!isObject(example)) return typeof value === typeof example
  return isObject(value) && Object.entries(example).every(([key, each]) => isLike(value[key], each))
}
