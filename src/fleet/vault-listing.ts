// The metadata of all entries of a folder in Vault: in pages if the server supports it, else one read each.

import { setTimeout as sleep } from 'node:timers/promises'
import { isTooLarge, type VaultReply } from '../store/vault/client.js'
import { troubleOf } from '../store/vault/failure.js'
import { dataOf, type SiteVault, type StoreTrouble } from '../store/vault/site.js'
import type { JsonObject } from '../system/json.js'
import { makeTrouble } from '../system/trouble.js'
import { compareNames, entryOf, type ListedEntry, listingReader } from './listing-text.js'

/** Entries in the order of their names; a trouble is the last that comes. */
export type Listing<T> = AsyncGenerator<T[] | StoreTrouble, void, undefined>

const pageSize = 1_000
/** Reads at a time where the server has no detailed listing. */
const readsAtOnce = 2
/** The longest total wait that the server (429) may ask for. */
const mostWaitMs = 60_000
const longestWaitMs = 10_000
const firstWaitMs = 250

/**
 * All entries directly in `folder` of the KV mount, by `LIST detailed-metadata/` in pages (OpenBao 2.3.1 or later), as they arrive.
 * If that gives no listing, whatever the reason, by `LIST metadata/` and one read for each entry. A missing folder has no
 * entries. Needs list on the folder and read on its entries. `read` converts each entry at once to what is kept of it.
 */
export async function* listEntries<T>(
  vault: SiteVault,
  folder: string,
  read: (entry: ListedEntry) => T[],
): Listing<T> {
  const path = `${vault.server.mount}/detailed-metadata/${folder}/`
  let after = ''
  let limit = pageSize
  let isAgain = false
  for (;;) {
    let last = after
    let found: T[] = []
    let isInOrder = true
    const reader = listingReader(entry => {
      // A server that ignores `after` starts over.
      if (compareNames(entry.name, after) <= 0) return
      isInOrder &&= compareNames(entry.name, last) > 0
      if (!isInOrder) return
      last = entry.name
      found.push(...read(entry))
    })
    const reply = yield* asItComes<T[], VaultReply>(give =>
      askFor(vault, `${path}${pageQuery(after, limit)}`, part => {
        reader.take(part)
        give(found)
        found = []
      }),
    )
    if (!isInOrder)
      return yield denied('the listing is not in the order of its names', path, 'see vault.address')
    const isCut = reply.kind === 'cut'
    if (isCut && (last !== after || !isAgain || (isTooLarge(reply) && limit > 1))) {
      if (isTooLarge(reply)) limit = Math.ceil(limit / 2)
      isAgain = last === after
      after = last
      continue
    }
    const isWell = reply.kind === 'reply' && reply.status === 200
    const names = isWell ? reader.names() : null
    if (names === null) {
      // The last page was a full one.
      if (after !== '' && isNothing(reply)) return
      if (reply.kind !== 'reply' || isUnavailable(reply.status)) yield troubleIn(reply, path)
      else yield* readEntries(vault, folder, { after: last, read })
      return
    }
    const end = names.at(-1)
    // A server that ignores the limit has sent everything.
    if (names.length !== limit || end === undefined || compareNames(end, after) <= 0) return
    after = end
    isAgain = false
  }
}

/** Yields what `ask` gives while it runs, and returns its result. A slow reader does not slow `ask`. */
async function* asItComes<T, R>(
  ask: (give: (piece: T) => void) => Promise<R>,
): AsyncGenerator<T, R, undefined> {
  let waiting: T[] = []
  let isOver = false
  let wake: () => void = () => undefined
  const end = ask(piece => {
    waiting.push(piece)
    wake()
  }).finally(() => {
    isOver = true
    wake()
  })
  for (;;) {
    const given = waiting
    waiting = []
    yield* given
    if (waiting.length > 0) continue
    if (isOver) return end
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }
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
async function* readEntries<T>(
  vault: SiteVault,
  folder: string,
  { after, read }: { after: string; read: (entry: ListedEntry) => T[] },
): Listing<T> {
  for await (const names of namePages(vault, folder, after)) {
    if ('kind' in names) return yield names
    const entries = names.filter(isEntry)
    for (let from = 0; from < entries.length; from += pageSize) {
      const found = await readEach(vault, folder, entries.slice(from, from + pageSize))
      if ('kind' in found) return yield found
      yield found.flatMap(read)
    }
  }
}

async function* namePages(vault: SiteVault, folder: string, from: string): Listing<string> {
  const path = `${vault.server.mount}/metadata/${folder}/`
  // Names are short: larger pages, but never all of a large folder in one reply.
  const limit = 5 * pageSize
  for (let after = from; ; ) {
    const reply = await askFor(vault, `${path}${pageQuery(after, limit)}`)
    if (isNothing(reply)) return
    const data = dataOf(reply)
    if (data === null) return yield await whyRefused(vault, reply, path)
    const names = namesIn(data)
    // HashiCorp Vault knows neither `after` nor `limit`: all names come at once.
    yield names.filter(name => compareNames(name, after) > 0)
    const last = names.at(-1)
    if (names.length !== limit || last === undefined || compareNames(last, after) <= 0) return
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
      // An entry may have been deleted since it was listed.
      else if (!isNothing(reply)) trouble ??= await whyRefused(vault, reply, path)
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, reader))
  return trouble ?? found.filter(entry => entry !== null)
}

/**
 * Sends the request again after the wait that the server asks for (429), and once if a kept connection had ended; not if `take`
 * already got a part of the reply.
 */
async function askFor(
  vault: SiteVault,
  path: string,
  take?: (part: Buffer) => void,
): Promise<VaultReply> {
  let waitedMs = 0
  let cuts = 0
  for (let turn = 0; ; turn++) {
    const reply = await vault.request({ method: 'GET', path, ...(take && { take }) })
    if (reply.kind === 'cut' && !take && !isTooLarge(reply) && cuts === 0) {
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

/** Why `reply` has no data: a dead token, a missing policy, or the server. */
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

function denied(cause: string, place: string, advice = rightsOfLook): StoreTrouble {
  return { kind: 'denied', trouble: makeTrouble(cause, { place, advice }) }
}

const rightsOfLook = 'it takes list on the folder and read on what is in it (docs/fleet.md)'

/** The usual command is for a user's own login; here it is the admin's. */
function troubleIn(reply: VaultReply, path: string): StoreTrouble {
  const found = troubleOf(reply, path)
  return { ...found, trouble: { ...found.trouble, command: 'claude-auth fleet' } }
}

/** A list by GET, because some proxies don't support the method LIST. */
function pageQuery(after: string, limit: number): string {
  const from = after === '' ? '' : `after=${encodeURIComponent(after)}&`
  return `?list=true&${from}limit=${limit}`
}

/** A 404 without errors: nothing exists there. */
function isNothing(reply: VaultReply): boolean {
  return (
    reply.kind === 'reply' &&
    reply.status === 404 &&
    reply.errors.length === 0 &&
    reply.body !== null
  )
}

/** Another request would get no answer either. */
function isUnavailable(status: number): boolean {
  return status === 429 || status === 503 || status === 472 || status === 473
}

/** In order; a folder's ends with a slash. */
function namesIn(data: JsonObject): string[] {
  const keys = Array.isArray(data['keys']) ? data['keys'] : []
  return keys.filter(key => typeof key === 'string').sort(compareNames)
}

function isEntry(name: string): boolean {
  return !name.endsWith('/')
}
