// A page of a detailed listing, and an entry of it: what Vault says, in our words.

import { isObject, type JsonObject, jsonObject, numberOf } from '../system/json.js'

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
  const data = jsonObject(text)?.['data']
  const { keys, key_info: info } = isObject(data) ? data : {}
  if (!Array.isArray(keys) || !isObject(info)) return null
  return { names: keys.filter(isText).sort(), entries: entriesIn(info) }
}

function* entriesIn(info: JsonObject): Generator<ListedEntry> {
  const names = Object.keys(info).filter(name => !name.endsWith('/'))
  for (const name of names.sort()) yield entryOf(name, info[name])
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

function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

function textsIn(value: unknown): Map<string, string> {
  const entries = Object.entries(isObject(value) ? value : {})
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
