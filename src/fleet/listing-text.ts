// A detailed listing read out of its text, entry by entry: as a tree of objects a page takes many times its length.

import { isObject, numberOf } from '../system/json.js'

/** What Vault's metadata says of one entry; whoever may write there says what they like in `custom`. */
export interface ListedEntry {
  name: string
  /** When a version was last written, or the entry was made; null where that is no time. */
  updatedAtMs: number | null
  /** 0: no version was ever written. */
  version: number
  /** custom_metadata: text, in any other shape left out. */
  custom: ReadonlyMap<string, string>
}

/** A page of a listing; the entries are read when they are asked for, in the order of their names. */
export interface ListingPage {
  /** Those of folders end with a slash, and have no entry. */
  names: string[]
  entries: Iterable<ListedEntry>
}

/** The names in `data.keys` and the entries in `data.key_info` of a reply. Null for anything but such a reply. */
export function readListing(text: string): ListingPage | null {
  let names: unknown = null
  let found: Place[] | null = null
  const data = (at: number) =>
    members(text, at, (name, from) => {
      if (name === 'key_info') {
        const places: Place[] = []
        found = places
        return members(text, from, (entry, place) => {
          places.push({ name: entry, at: place })
          return endOfValue(text, place)
        })
      }
      const end = endOfValue(text, from)
      if (name === 'keys') names = JSON.parse(text.slice(from, end))
      return end
    })
  try {
    members(text, 0, (name, at) => (name === 'data' ? data(at) : endOfValue(text, at)))
  } catch {
    return null
  }
  if (found === null || !Array.isArray(names)) return null
  return { names: names.filter(isText).sort(), entries: entriesAt(text, found) }
}

/** Where the metadata of an entry begins. */
interface Place {
  name: string
  at: number
}

function* entriesAt(text: string, places: Place[]): Generator<ListedEntry> {
  places.sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const { name, at } of places) if (!name.endsWith('/')) yield entryAt(text, name, at)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** The entry of metadata that was read by itself; `about` may be anything. */
export function entryOf(name: string, about: unknown): ListedEntry {
  const said = isObject(about) ? about : {}
  return {
    name,
    updatedAtMs: timeOf(said['updated_time']),
    version: numberOf(said['current_version']) ?? 0,
    custom: textsIn(said['custom_metadata']),
  }
}

const wanted = new Set(['updated_time', 'current_version', 'custom_metadata'])

/** Only what is wanted of it: its versions are most of its text. What is no object, or no JSON, says nothing. */
function entryAt(text: string, name: string, from: number): ListedEntry {
  const about: Record<string, unknown> = {}
  try {
    members(text, from, (key, at) => {
      const end = endOfValue(text, at)
      if (wanted.has(key)) about[key] = JSON.parse(text.slice(at, end))
      return end
    })
  } catch {
    return entryOf(name, null)
  }
  return entryOf(name, about)
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

function textsIn(value: unknown): Map<string, string> {
  const entries = Object.entries(isObject(value) ? value : {})
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

// Where the parts of JSON begin and end. What is no JSON throws.

const blanks = /[ \t\r\n]*/y

function skipBlanks(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code > 32) return at
  blanks.lastIndex = at
  blanks.test(text)
  return blanks.lastIndex
}

/** Gives each member of the object at `at` to `visit`, which says where its value ends; where the object ends. */
function members(
  text: string,
  at: number,
  visit: (name: string, valueAt: number) => number,
): number {
  let here = skipBlanks(text, at)
  expect(text, here, '{')
  here = skipBlanks(text, here + 1)
  if (text[here] === '}') return here + 1
  for (;;) {
    const nameEnd = endOfString(text, here)
    const name: unknown = JSON.parse(text.slice(here, nameEnd))
    const colon = skipBlanks(text, nameEnd)
    expect(text, colon, ':')
    here = skipBlanks(text, visit(String(name), skipBlanks(text, colon + 1)))
    if (text[here] === '}') return here + 1
    expect(text, here, ',')
    here = skipBlanks(text, here + 1)
  }
}

function endOfValue(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return endOfString(text, at)
  if (first !== '{' && first !== '[') return endOfWord(text, at)
  let depth = 0
  for (let here = at; here < text.length; here++) {
    const char = text[here]
    if (char === '"') here = endOfString(text, here) - 1
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth === 0) return here + 1
    }
  }
  throw new SyntaxError('no end')
}

const word = /[-+.\w]+/y

function endOfWord(text: string, at: number): number {
  word.lastIndex = at
  if (!word.test(text)) throw new SyntaxError('no value')
  return word.lastIndex
}

function endOfString(text: string, at: number): number {
  expect(text, at, '"')
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return end + 1
  }
  throw new SyntaxError('no end')
}

function expect(text: string, at: number, char: string): void {
  if (text[at] !== char) throw new SyntaxError(`no ${char}`)
}
