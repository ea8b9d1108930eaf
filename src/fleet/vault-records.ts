// The records and documents of all users in Vault: two folders read page by page, side by side.

import { noteKey } from '../offboard/note.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import type { SeenDocument, SeenRecord } from './finding.js'
import {
  compareNames,
  customMetadata,
  type ListedEntry,
  newestVersion,
  updatedAtMs,
} from './listing-text.js'
import { readRecord } from './record.js'
import { type Listing, listEntries, listNames } from './vault-listing.js'

/** Everything in Vault about the users whose names follow those of the batch before, up to `upTo`. */
export interface VaultBatch {
  records: SeenRecord[]
  documents: SeenDocument[]
  /** The last name (inclusive) that is complete; null: there are no more. */
  upTo: string | null
}

/**
 * Reads the folder of the records and the documents as `vault.path` of the configuration places them, in batches of whole
 * users in the order of their names. A trouble is the last that comes: what came before is then not all.
 */
export async function* seenInVault(
  vault: SiteVault,
  recordsFolder: string,
): AsyncGenerator<VaultBatch | StoreTrouble, void, undefined> {
  const records = column(listEntries(vault, recordsFolder, recordsIn))
  const documents = column(documentsIn(vault))
  for (;;) {
    const trouble = (await documents.fill()) ?? (await records.fill())
    if (trouble !== null) return yield trouble
    const [upTo = null] = [records.last(), documents.last()]
      .filter(end => end !== null)
      .sort(compareNames)
    yield {
      records: records.take(upTo),
      documents: documents.take(upTo),
      upTo,
    }
    if (upTo === null) return
  }
}

/** A listing with a buffer of what was read and not yet taken. */
function column<T extends { user: string }>(listing: Listing<T>) {
  let waiting: T[] = []
  let isOver = false
  return {
    /** Reads on if the buffer is empty. */
    fill: async (): Promise<StoreTrouble | null> => {
      while (waiting.length === 0 && !isOver) {
        const { value, done } = await listing.next()
        if (done) isOver = true
        else if ('kind' in value) return value
        else waiting = value
      }
      return null
    },
    /** The last user who waits; null: nothing limits how far may be taken. */
    last: (): string | null => waiting.at(-1)?.user ?? null,
    take: (upTo: string | null): T[] => {
      const end = upTo === null ? -1 : waiting.findIndex(({ user }) => compareNames(user, upTo) > 0)
      const taken = waiting
      if (end < 0) waiting = []
      else waiting = taken.splice(end)
      return taken
    },
  }
}

/** One record for each host of an entry. */
function recordsIn(entry: ListedEntry): SeenRecord[] {
  const records: SeenRecord[] = []
  const custom = customMetadata(entry)
  for (const host of Object.keys(custom))
    records.push({ user: entry.name, host, record: readRecord(custom[host]) ?? 'unreadable' })
  return records
}

async function* documentsIn(vault: SiteVault): Listing<SeenDocument> {
  const { template } = vault.server
  const { folder, levels } = levelsOf(template)
  const [level] = levels
  if (level === undefined) return
  if (/^[^{}]+\/\{(?:user|uid)\}$/.test(template)) {
    return yield* listEntries(vault, folder, entry => documentOf(entry, { user: entry.name }))
  }
  // Users come in the order of what stands around their names: all are read, then sorted.
  const found: SeenDocument[] = []
  const trouble = await collect(vault, folder, levels, {}, found)
  yield trouble ?? found.sort((one, other) => compareNames(one.user, other.user))
}

type Parts = Readonly<Record<string, string>>

/** Into `found`: the documents at `levels` below `folder`, which `parts` name so far. */
async function collect(
  vault: SiteVault,
  folder: string,
  [level, ...below]: readonly RegExp[],
  parts: Parts,
  found: SeenDocument[],
): Promise<StoreTrouble | null> {
  if (level === undefined) return null
  if (below.length === 0) {
    const read = (entry: ListedEntry) =>
      documentOf(entry, joined(parts, partsIn(level, entry.name)))
    for await (const page of listEntries(vault, folder, read)) {
      if ('kind' in page) return page
      found.push(...page)
    }
    return null
  }
  const names = await listNames(vault, folder)
  if ('kind' in names) return names
  for (const name of names.folders) {
    const all = joined(parts, partsIn(level, name))
    if (all === null) continue
    const trouble = await collect(vault, `${folder}/${name}`, below, all, found)
    if (trouble !== null) return trouble
  }
  return null
}

function joined(parts: Parts, more: Parts | null): Parts | null {
  return more && { ...parts, ...more }
}

function documentOf(entry: ListedEntry, parts: Parts | null): SeenDocument[] {
  const user = parts?.['user'] ?? parts?.['uid']
  if (parts === null || user === undefined) return []
  const isCut = Object.hasOwn(customMetadata(entry), noteKey)
  const host = parts['host'] ?? null
  return [{ user, host, updatedAtMs: updatedAtMs(entry), ...newestVersion(entry), isCut }]
}

/** The folder above the first part with a name in braces, and what stands on each level from there on. */
export function levelsOf(template: string): { folder: string; levels: RegExp[] } {
  const parts = template.split('/')
  const first = parts.findIndex(part => part.includes('{'))
  if (first < 0) return { folder: template, levels: [] }
  return { folder: parts.slice(0, first).join('/'), levels: parts.slice(first).map(levelOf) }
}

function levelOf(part: string): RegExp {
  const known = new Set<string>()
  const pattern = part
    .split(/(\{[a-z]+\})/)
    .map(each => {
      const name = /^\{([a-z]+)\}$/.exec(each)?.[1]
      if (name === undefined) return each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      if (known.has(name)) return `\\k<${name}>`
      known.add(name)
      return `(?<${name}>.+?)`
    })
    .join('')
  return new RegExp(`^${pattern}$`, 's')
}

/** The names in braces of a name on this level; null: it is none of this shape. */
function partsIn(level: RegExp, name: string): Parts | null {
  const groups = level.exec(name)?.groups
  return groups === undefined && !level.test(name) ? null : { ...groups }
}
