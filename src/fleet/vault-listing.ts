// The metadata of all entries of a folder in Vault: by pages where the server can, else one read each.

import { setTimeout as sleep } from 'node:timers/promises'
import { isTooLarge, type VaultReply } from '../store/vault/client.js'
import { troubleOf } from '../store/vault/failure.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { isObject, type JsonObject } from '../system/json.js'
import { makeTrouble } from '../system/trouble.js'
import { entryOf, type ListedEntry, readListing } from './listing-text.js'

/** Entries in the order of their names; a trouble is the last that comes. */
export type Listing<T> = AsyncGenerator<T[] | StoreTrouble, void, undefined>

const pageSize = 1_000
/** Entries that are handed on together. */
const pieceSize = 50
/** Reads at a time where the server has no detailed listing. */
const readsAtOnce = 2
/** Told to wait (429) for longer than this altogether, we give up. */
const mostWaitMs = 60_000
const longestWaitMs = 10_000
const firstWaitMs = 250

/**
 * All entries directly in `folder` of the KV mount, by `LIST detailed-metadata/` in pages (OpenBao 2.3.1 or later). Where that gives
 * no listing, whatever the reason, by `LIST metadata/` and one read for each entry. A folder that is not there has none.
 * Needs list on the folder and read on what is in it.
 */
export async function* listEntries(vault: SiteVault, folder: string): Listing<ListedEntry> {
  const path = `${vault.server.mount}/detailed-metadata/${folder}/`
  let after = ''
  let limit = pageSize
  for (;;) {
    const reply = await askFor(vault, `${path}${pageQuery(after, limit)}`)
    if (isTooLarge(reply) && limit > 1) {
      limit = Math.ceil(limit / 2)
      continue
    }
    const page = reply.kind === 'reply' && reply.status === 200 ? readListing(reply.text) : null
    if (page === null) {
      // The last page was a full one.
      if (after !== '' && isNothing(reply)) return
      if (reply.kind !== 'reply' || isUnavailable(reply.status)) yield troubleIn(reply, path)
      else yield* readEntries(vault, folder, after)
      return
    }
    const { names } = page
    yield* inPieces(page.entries)
    // A server that ignores the limit has told all there is.
    const last = names.at(-1)
    if (names.length !== limit || last === undefined || last <= after) return
    after = last
  }
}

/** A page as a whole would outlive what else is young; a piece is judged and forgotten. */
function* inPieces(entries: Iterable<ListedEntry>): Generator<ListedEntry[]> {
  let piece: ListedEntry[] = []
  for (const entry of entries) {
    piece.push(entry)
    if (piece.length < pieceSize) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

/** The names of the folders directly in `folder`, without their slash, and all other names. */
export async function listNames(
  vault: SiteVault,
  folder: string,
): Promise<{ folders: string[]; entries: string[] } | StoreTrouble> {
  const found: string[] = []
  for await (const names of namePages(vault, folder, '')) {
    if ('kind' in names) return names
    found.push(...names)
  }
  const folders = found.filter(name => name.endsWith('/')).map(name => name.slice(0, -1))
  return { folders, entries: found.filter(isEntry) }
}

/** Only names after `after`. */
async function* readEntries(vault: SiteVault, folder: string, after: string): Listing<ListedEntry> {
  for await (const names of namePages(vault, folder, after)) {
    if ('kind' in names) return yield names
    const entries = names.filter(isEntry)
    for (let from = 0; from < entries.length; from += pageSize) {
      const read = await readEach(vault, folder, entries.slice(from, from + pageSize))
      yield read
      if ('kind' in read) return
    }
  }
}

async function* namePages(vault: SiteVault, folder: string, from: string): Listing<string> {
  const path = `${vault.server.mount}/metadata/${folder}/`
  // Names alone take little: fewer requests, and not all of a large folder in one reply.
  const limit = 5 * pageSize
  for (let after = from; ; ) {
    const reply = await askFor(vault, `${path}${pageQuery(after, limit)}`)
    if (isNothing(reply)) return
    const data = dataOf(reply)
    if (data === null) return yield await whyRefused(vault, reply, path)
    const names = namesIn(data)
    // HashiCorp Vault knows neither `after` nor `limit`: all names come at once.
    yield names.filter(name => name > after)
    const last = names.at(-1)
    if (names.length !== limit || last === undefined || last <= after) return
    after = last
  }
}

async function readEach(
  vault: SiteVault,
  folder: string,
  names: readonly string[],
): Promise<ListedEntry[] | StoreTrouble> {
  const found: (ListedEntry | null)[] = names.map(() => null)
  let next = 0
  let trouble: StoreTrouble | null = null
  const reader = async () => {
    while (next < names.length && trouble === null) {
      const at = next++
      const name = names[at] as string
      const path = `${vault.server.mount}/metadata/${folder}/${encodeURIComponent(name)}`
      const reply = await askFor(vault, path)
      const data = dataOf(reply)
      if (data !== null) found[at] = entryOf(name, data)
      // One that was deleted since it was listed is no trouble.
      else if (!isNothing(reply)) trouble ??= await whyRefused(vault, reply, path)
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, reader))
  return trouble ?? found.filter(entry => entry !== null)
}

/** Asks again where a kept connection had ended, and after the server's wish to be left alone for a while. */
async function askFor(vault: SiteVault, path: string): Promise<VaultReply> {
  let waitedMs = 0
  let cuts = 0
  for (let turn = 0; ; turn++) {
    const reply = await vault.request({ method: 'GET', path })
    if (reply.kind === 'cut' && !isTooLarge(reply) && cuts === 0) {
      cuts += 1
      continue
    }
    if (reply.kind !== 'reply' || reply.status !== 429) return reply
    const waitMs = Math.min(reply.retryAfterMs ?? firstWaitMs * 2 ** turn, longestWaitMs)
    if (waitedMs + waitMs > mostWaitMs) return reply
    waitedMs += waitMs
    await sleep(waitMs)
  }
}

/** Why `reply` to a look at `path` is none: a token that is dead, one without a policy, or the server. */
async function whyRefused(
  vault: SiteVault,
  reply: VaultReply,
  path: string,
): Promise<StoreTrouble> {
  if (reply.kind !== 'reply' || reply.status !== 403) return troubleIn(reply, path)
  const self = await vault.request({ method: 'GET', path: 'auth/token/lookup-self' })
  if (self.kind !== 'reply' || isUnavailable(self.status)) return troubleIn(self, path)
  if (self.status === 403)
    return denied('the Vault token of who looks is not valid, or may not even look itself up', path)
  return denied('the Vault token of who looks has no policy for this', path)
}

function denied(cause: string, place: string): StoreTrouble {
  const advice = 'it takes list on the folder and read on what is in it (docs/fleet.md)'
  return { kind: 'denied', trouble: makeTrouble(cause, { place, advice }) }
}

/** What to type to have it mended is for each user's own login, not for who looks at all. */
function troubleIn(reply: VaultReply, path: string): StoreTrouble {
  const found = troubleOf(reply, path)
  return { ...found, trouble: { ...found.trouble, command: 'claude-auth fleet' } }
}

/** A list by GET: not everything between us and Vault knows the method LIST. */
function pageQuery(after: string, limit: number): string {
  const from = after === '' ? '' : `after=${encodeURIComponent(after)}&`
  return `?list=true&${from}limit=${limit}`
}

/** 404 without a word: nothing is there. */
function isNothing(reply: VaultReply): boolean {
  return (
    reply.kind === 'reply' &&
    reply.status === 404 &&
    reply.errors.length === 0 &&
    reply.body !== null
  )
}

/** Another way to ask would get no answer either. */
function isUnavailable(status: number): boolean {
  return status === 429 || status === 503 || status === 472 || status === 473
}

function dataOf(reply: VaultReply): JsonObject | null {
  if (reply.kind !== 'reply' || reply.status !== 200) return null
  const data = reply.body?.['data']
  return isObject(data) ? data : null
}

/** In order; a folder's ends with a slash. */
function namesIn(data: JsonObject): string[] {
  const keys = Array.isArray(data['keys']) ? data['keys'] : []
  return keys.filter(key => typeof key === 'string').sort()
}

function isEntry(name: string): boolean {
  return !name.endsWith('/')
}
