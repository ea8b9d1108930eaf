// A page of a detailed listing, read as it arrives, and an entry of it: what Vault says, in our words.

import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  isObject,
  type JsonObject,
  openBrace,
  openBracket,
  quote,
} from '../system/json.js'

/** What Vault's metadata says of one entry, as it came. */
export interface ListedEntry {
  name: string
  metadata: Readonly<JsonObject>
}

/** Reads one reply of the detailed listing in parts of any size. */
export interface ListingReader {
  /** Gives each entry of `data.key_info` that ends in this part to `visit`, in the order of the reply; folders have none. */
  take: (part: Buffer) => void
  /** All names in `data.keys`, sorted; those of folders end with a slash. Null until a whole listing came, and for any other text. */
  names: () => string[] | null
}

/** The members that are opened, from the outside in; the members of the last one are the entries. */
const wayToEntries = ['', 'data', 'key_info']

/**
 * Cuts the text where a member of an opened object ends, and parses each value by itself: a page as a whole would take ten times its
 * length of memory.
 */
export function listingReader(visit: (entry: ListedEntry) => void): ListingReader {
  const scan: Scan = { at: 0, depth: 0, isInString: false }
  /** How many objects are open of which the members are cut. */
  let level = 0
  /** Of the member that is being read: its name, and what earlier parts had of it. */
  let name: string | null = ''
  let before: Buffer[] = []
  let keys: unknown = null
  let hasEntries = false
  let isBroken = false

  const valueIn = (part: Buffer, from: number, to: number): unknown => {
    if (before.length === 0) return parsed(part.toString('utf8', from, to))
    const bytes = Buffer.concat([...before, part.subarray(from, to)])
    before = []
    return parsed(bytes.toString())
  }
  const beginMember = (said: unknown) => {
    name = typeof said === 'string' ? said : null
    isBroken ||= name === null
  }
  const endMember = (part: Buffer, from: number, to: number) => {
    const isEntry = level === wayToEntries.length
    if (name !== null && (isEntry || (level === 2 && name === 'keys'))) {
      const value = valueIn(part, from, to)
      isBroken ||= value === undefined
      if (!isEntry) keys = value
      else if (!name.endsWith('/')) visit(entryOf(name, value))
    }
    before = []
    name = null
  }
  const take = (part: Buffer) => {
    let from = 0
    for (; findSign(part, scan, level); scan.at++) {
      const { at } = scan
      switch (part[at]) {
        case colon:
          beginMember(valueIn(part, from, at))
          break
        case comma:
          endMember(part, from, at)
          break
        case closeBracket:
        case closeBrace:
          endMember(part, from, at)
          scan.depth -= 1
          level -= 1
          break
        default:
          scan.depth += 1
          if (part[at] === openBracket || name !== wayToEntries[level]) continue
          before = []
          name = null
          level += 1
          hasEntries ||= level === wayToEntries.length
      }
      from = at + 1
    }
    scan.at -= part.length
    if (from < part.length) before.push(part.subarray(from))
  }
  return {
    take,
    names: () => {
      if (isBroken || scan.depth !== 0 || !hasEntries || !Array.isArray(keys)) return null
      return keys.filter(key => typeof key === 'string').sort(compareNames)
    },
  }
}

interface Scan {
  /** Where to go on in the part. */
  at: number
  /** How many objects and lists are open there. */
  depth: number
  /** The part before ended in a string. */
  isInString: boolean
}

/** Moves on to the next sign between the members of the object at `level`, past all that is nested more deeply; false: the part ends before. */
function findSign(part: Buffer, scan: Scan, level: number): boolean {
  let { at, depth } = scan
  if (scan.isInString) at = endOfString(part, at) + 1
  for (; at < part.length; at++) {
    const byte = part[at]
    if (byte === quote) at = endOfString(part, at + 1)
    else if (byte === comma || byte === colon) {
      if (depth === level) break
    } else if (byte === openBrace || byte === openBracket) {
      if (depth === level) break
      depth += 1
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth <= level) break
      depth -= 1
    }
  }
  // A string that goes on in the next part ends beyond this one.
  scan.isInString = at > part.length
  scan.at = scan.isInString ? at - 1 : at
  scan.depth = depth
  return at < part.length
}

/** Where the string ends of which bytes stand from `start` on; as far beyond the part as the next one begins with what belongs to it. */
function endOfString(part: Buffer, start: number): number {
  let at = start
  for (; at < part.length; at++) {
    const byte = part[at]
    if (byte === quote) return at
    if (byte === backslash) at += 1
  }
  return at
}

/** All of it in UTF-16 as in UTF-8: no surrogates, and nothing that sorts behind them. */
const sortsAlike = /^[^\uD800-\uFFFF]*$/

/** In the order of a listing: by the bytes of UTF-8. */
export function compareNames(one: string, other: string): number {
  if (one === other) return 0
  if (sortsAlike.test(one) && sortsAlike.test(other)) return one < other ? -1 : 1
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

/** Undefined for what is no JSON. It may nest deeply, for it is never written again. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The entry with that metadata, which may be anything. */
export function entryOf(name: string, metadata: unknown): ListedEntry {
  return { name, metadata: isObject(metadata) ? metadata : {} }
}

/** When a version was last written, or the entry was made; null where that is no time. */
export function updatedAtMs({ metadata }: ListedEntry): number | null {
  return timeOf(metadata['updated_time'])
}

/** Whether the newest version can be read, as far as it is told: what is not told counts as there. */
export function newestVersion({ metadata }: ListedEntry): {
  newest: 'kept' | 'destroyed' | 'none'
  deletedAtMs: number | null
} {
  const { current_version: current, versions } = metadata
  if (current === 0) return { newest: 'none', deletedAtMs: null }
  const told = isObject(versions) ? versions[String(current)] : undefined
  const version = isObject(told) ? told : {}
  const newest = version['destroyed'] === true ? 'destroyed' : 'kept'
  return { newest, deletedAtMs: timeOf(version['deletion_time']) }
}

/** Text, as far as honest, of any user who may write there. */
export function customMetadata({ metadata }: ListedEntry): Readonly<JsonObject> {
  const custom = metadata['custom_metadata']
  return isObject(custom) ? custom : {}
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
