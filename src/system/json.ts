// JSON that others wrote: read with bounds (comments and trailing commas where people write it), and decoders, small readers put
// together to read whole objects.

export type JsonObject = Record<string, unknown>

/** Deeper nesting parses, but JSON.stringify overflows the stack somewhere beyond it. */
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

/** The signs of JSON, as characters and as bytes. */
export const comma = 0x2c
export const colon = 0x3a
export const quote = 0x22
export const openBracket = 0x5b
export const backslash = 0x5c
export const closeBracket = 0x5d
export const openBrace = 0x7b
export const closeBrace = 0x7d
const newline = 0x0a
const carriageReturn = 0x0d
const asterisk = 0x2a
const slash = 0x2f

/**
 * Are lists and objects in `text` nested deeper than 500 levels? What stands in strings and comments does not count. A
 * string ends with its line at the latest, as tolerant parsers do. Linear in the length.
 */
export function isTooDeep(text: string | Buffer): boolean {
  // That many characters could not nest so deeply, and most texts are as short.
  if (text.length <= deepest) return false
  const chars = typeof text === 'string' ? text : text.toString('latin1')
  if (beginsAtMost(deepest, chars)) return false
  let depth = 0
  for (let at = 0; at < chars.length; at++) {
    switch (chars.charCodeAt(at)) {
      case quote:
        at = endOfString(chars, at)
        break
      case slash:
        at = endOfComment(chars, at)
        break
      case openBracket:
      case openBrace:
        depth += 1
        if (depth > deepest) return true
        break
      case closeBracket:
      case closeBrace:
        depth -= 1
    }
  }
  return false
}

/** Does `chars` contain at most `most` opening brackets and braces, anywhere? Most texts do, and need no scan. */
function beginsAtMost(most: number, chars: string): boolean {
  let count = 0
  for (const sign of ['[', '{'])
    for (let at = chars.indexOf(sign); at >= 0 && count <= most; at = chars.indexOf(sign, at + 1))
      count++
  return count <= most
}

/** Where the string that begins at `start` has its last character. */
function endOfString(chars: string, start: number): number {
  for (let at = start + 1; at < chars.length; at++) {
    const code = chars.charCodeAt(at)
    if (code === quote || code === newline || code === carriageReturn) return at
    if (code === backslash) at += 1
  }
  return chars.length
}

/** The same of a comment; `start` where there is none. */
function endOfComment(chars: string, start: number): number {
  const next = chars.charCodeAt(start + 1)
  if (next === asterisk) {
    const end = chars.indexOf('*/', start + 2)
    return end < 0 ? chars.length : end + 1
  }
  if (next !== slash) return start
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

/**
 * Parses JSON that people write: comments, trailing commas, a byte order mark. Undefined if it still is not JSON, or nests
 * deeper than `isTooDeep` allows; an empty text is an empty object.
 */
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

/** What `value` says, in its expected shape; undefined for anything else. Never throws. */
export type Decoder<T> = (value: unknown) => T | undefined

type Decoded<D> = D extends Decoder<infer T> ? T : never
type Members = Record<string, Decoder<unknown>>
type ObjectOf<R extends Members, O extends Members> = { [K in keyof R]: Decoded<R[K]> } & {
  [K in keyof O]?: Decoded<O[K]>
}

/** Any string, an empty one too. */
export const text: Decoder<string> = value => (typeof value === 'string' ? value : undefined)

/** A string that is not empty. */
export const word: Decoder<string> = value => text(value) || undefined

/** A finite number. */
export const number: Decoder<number> = value => (Number.isFinite(value) ? Number(value) : undefined)

export const flag: Decoder<boolean> = value => (typeof value === 'boolean' ? value : undefined)

/** Any JSON object, as it stands. */
export const anyObject: Decoder<JsonObject> = value => (isObject(value) ? value : undefined)

/** One of `values`. */
export function oneOf<T extends string | number | boolean>(...values: readonly T[]): Decoder<T> {
  return value => (values.includes(value as T) ? (value as T) : undefined)
}

/** A string that `pattern` matches. */
export function matching(pattern: RegExp): Decoder<string> {
  return where(text, value => pattern.test(value))
}

/** What `decoder` reads, if `holds` is true of it. */
export function where<T>(decoder: Decoder<T>, holds: (value: T) => boolean): Decoder<T> {
  return value => {
    const found = decoder(value)
    return found !== undefined && holds(found) ? found : undefined
  }
}

/** What `decoder` reads, else `instead`. */
export function otherwise<T, U>(decoder: Decoder<T>, instead: U): (value: unknown) => T | U {
  return value => decoder(value) ?? instead
}

/** What `decoder` reads, else null. */
export function orNull<T>(decoder: Decoder<T>): (value: unknown) => T | null {
  return otherwise(decoder, null)
}

/** Null where there is nothing; what is there, `decoder` has to read. */
export function noneOr<T>(decoder: Decoder<T>): Decoder<T | null> {
  return value => (value == null ? null : decoder(value))
}

/** A list of which `each` reads every element. */
export function listOf<T>(each: Decoder<T>): Decoder<T[]> {
  return value => {
    const found = readableOf(each)(value)
    return Array.isArray(value) && found?.length === value.length ? found : undefined
  }
}

/** The elements of a list that `each` reads. */
export function readableOf<T>(each: Decoder<T>): Decoder<T[]> {
  return value =>
    Array.isArray(value) ? value.map(each).filter(found => found !== undefined) : undefined
}

/** The members of an object that `each` reads. */
export function recordOf<T>(each: Decoder<T>): Decoder<Record<string, T>> {
  return value => {
    if (!isObject(value)) return undefined
    const entries = Object.entries(value).map(([key, member]) => [key, each(member)] as const)
    return Object.fromEntries(entries.filter(entry => entry[1] !== undefined)) as Record<string, T>
  }
}

/** An object with all `required` members, and those `optional` ones that can be read. It has no others. */
export function object<R extends Members, O extends Members = Record<never, never>>(
  required: R,
  optional?: O,
): Decoder<ObjectOf<R, O>> {
  const needed = Object.entries(required)
  const others = Object.entries(optional ?? {})
  return value => {
    if (!isObject(value)) return undefined
    const found: JsonObject = {}
    for (const [key, decoder] of needed) {
      const member = decoder(value[key])
      if (member === undefined) return undefined
      found[key] = member
    }
    for (const [key, decoder] of others) {
      const member = decoder(value[key])
      if (member !== undefined) found[key] = member
    }
    return found as ObjectOf<R, O>
  }
}

/** What the first of `decoders` reads that can. */
export function firstOf<T>(...decoders: readonly Decoder<T>[]): Decoder<T> {
  return value => {
    for (const decoder of decoders) {
      const found = decoder(value)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** The value as it stands where `decoder` can read it: for a file of our own with more in it than has to be checked. */
export function whole<T>(decoder: Decoder<unknown>): Decoder<T> {
  return value => (decoder(value) === undefined ? undefined : (value as T))
}

/** As `decoder`, of an object in which a member may still have its earlier name (`names`: new → earlier). */
export function renamed<T>(names: Record<string, string>, decoder: Decoder<T>): Decoder<T> {
  return value => {
    if (!isObject(value)) return undefined
    const earlier = Object.entries(names).map(([name, before]) => [name, value[before]])
    return decoder({ ...Object.fromEntries(earlier), ...value })
  }
}
