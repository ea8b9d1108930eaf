// One document in a KV version 2 engine: read, and changed key by key with check-and-set; what a reply says of it is pure.

import { type Node, parseTree } from 'jsonc-parser'
import { isObject, type JsonObject, numberOf } from '../../system/json.js'
import { makeTrouble } from '../../system/trouble.js'
import type { DocumentRead, SharedDocument, StoreTrouble, StoreWrite } from '../store.js'
import type { VaultClient, VaultReply } from './client.js'
import { isVaults, noPolicy, troubleOf, wrongVersion } from './failure.js'
import type { VaultSession } from './session.js'

export interface DocumentPlace {
  mount: string
  path: string
}

type Method = 'GET' | 'POST' | 'PATCH'
type Unasked = { kind: 'unasked'; why: StoreTrouble }
/** Statuses of a PATCH that is not allowed, or that nothing on the way knows. */
const noPatch = [403, 405, 501]

/**
 * The document at `place`. Its token needs create, read and update on it. With patch as well, the
 * keys of others never travel. Nothing that Vault says about requests or tokens is in an outcome.
 */
export function vaultDocument(
  client: VaultClient,
  session: Pick<VaultSession, 'token' | 'whyRefused'>,
  { mount, path }: DocumentPlace,
): SharedDocument {
  const place = `${mount}/data/${path}`
  let mayPatch = true
  let lastSeen: KnownVersion | null = null

  const ask = (token: string, method: Method, at: string, body?: string): Promise<VaultReply> =>
    client.request({ method, path: at, token, ...(body === undefined ? {} : { body }) })

  const askOnce = async (...about: [Method, string, string?]): Promise<VaultReply | Unasked> => {
    const opened = await session.token()
    return opened.kind === 'open' ? ask(opened.token, ...about) : unasked(opened)
  }

  /** A 403 of Vault's own is explained; a session that opened again in between gets a second try. */
  const asked = async (method: Method, body?: string): Promise<VaultReply | Unasked> => {
    let opened = await session.token()
    for (let tries = 1; ; tries++) {
      // The session's trouble is the answer: a second try would wait twice for a hung Vault.
      if (opened.kind !== 'open') return unasked(opened)
      const { token } = opened
      const reply = await ask(token, method, place, body)
      if (reply.kind !== 'reply' || reply.status !== 403 || !isVaults(reply)) return reply
      const why = await session.whyRefused()
      if (why !== null) return unasked(why)
      if (tries > 1) return unasked(noPolicy(place))
      opened = await session.token()
      if (opened.kind === 'open' && opened.token === token) return unasked(noPolicy(place))
    }
  }

  const see = async (): Promise<KnownVersion> => {
    const reply = await asked('GET')
    if (reply.kind === 'unasked') return { read: reply.why, text: null }
    if (reply.kind !== 'reply') return { read: troubleOf(reply, place), text: null }
    lastSeen = { read: readReply(reply, place), text: reply.text }
    return lastSeen
  }

  /** How a write ended that may or may not have been carried out, by the newest version. */
  const lookUp = async (
    keys: JsonObject,
    expected: number,
    why: StoreTrouble,
  ): Promise<StoreWrite> => {
    const { read } = await see()
    // A refusal that may be a lost check-and-set: what kept us from looking is the better answer.
    if (!('version' in read)) return why.kind === 'denied' ? read : why
    const id = keys['claude_auth_write_id']
    const isOurs = read.kind === 'current' && read.document['claude_auth_write_id'] === id
    if (isOurs && typeof id === 'string' && read.version > expected)
      return { kind: 'written', version: read.version }
    return read.version === expected ? why : { kind: 'conflict' }
  }

  /** `data`: the whole document as it was sent, null for a patch. */
  const ended = async (
    reply: VaultReply | Unasked,
    { read, keys, data }: { read: KnownVersion['read']; keys: JsonObject; data: string | null },
    expected: number,
  ): Promise<StoreWrite> => {
    if (reply.kind === 'unasked') return reply.why
    if (reply.kind === 'not-sent') return troubleOf(reply, place)
    const version = reply.kind === 'reply' ? versionOf(reply) : null
    if (version !== null) {
      lastSeen = written(read, keys, version, data)
      return { kind: 'written', version }
    }
    // Success without a version is what KV version 1 says.
    if (reply.kind === 'reply' && reply.status === 204) return wrongVersion(place)
    // A lost check-and-set is a 400 that only its text tells: the version does, too.
    return lookUp(keys, expected, troubleOf(reply, place))
  }

  /** An absent document looks alike in every engine, and version 1 would take any write. */
  const isKvVersion1 = async (): Promise<boolean> => {
    const reply = await askOnce('GET', `sys/internal/ui/mounts/${place}`)
    return reply.kind === 'reply' && isOtherEngine(reply)
  }

  /** The whole document again, with the bytes of others as they were read. */
  const replace = async (
    keys: JsonObject,
    expected: number,
    known: KnownVersion | null,
  ): Promise<StoreWrite> => {
    const { read, text } = known !== null && known.text !== null ? known : await see()
    if (!('version' in read)) return read
    if (read.version !== expected) return { kind: 'conflict' }
    if (expected === 0 && (await isKvVersion1())) return wrongVersion(place)
    const data = withKeys(read.kind === 'current' ? text : null, keys)
    if (data === null) {
      const cause = "the document is nested too deeply, and can't be changed"
      return { kind: 'denied', trouble: makeTrouble(cause, { place }) }
    }
    const reply = await asked('POST', `{"options":{"cas":${expected}},"data":${data}}`)
    return ended(reply, { read, keys, data }, expected)
  }

  const change: SharedDocument['change'] = async (keys, expected) => {
    const known = atHand(lastSeen, expected) ?? (await see())
    const { read } = known
    if (!('version' in read)) return read
    if (read.version !== expected) return { kind: 'conflict' }
    if (read.kind === 'empty' || !mayPatch) return replace(keys, expected, known)
    const data = patchOf(read.document, keys)
    const body = JSON.stringify({ options: { cas: expected }, data })
    const reply = await askOnce('PATCH', place, body)
    const status = reply.kind === 'reply' ? reply.status : 0
    mayPatch = !noPatch.includes(status)
    if (!mayPatch) return replace(keys, expected, known)
    // Deleted since it was read.
    if (status === 404) return replace(keys, expected, null)
    return ended(reply, { read, keys, data: null }, expected)
  }
  return { read: async () => (await see()).read, change }
}

function unasked(why: StoreTrouble): Unasked {
  return { kind: 'unasked', why }
}

/** A version as it was read, or as we wrote it. */
interface KnownVersion {
  read: DocumentRead
  /** A whole reply with it; null where only its keys are known. */
  text: string | null
}

/** `seen` where it is version `expected`. One that was deleted may be back: it is read again. */
function atHand(seen: KnownVersion | null, expected: number): KnownVersion | null {
  const read = seen?.read
  if (read === undefined || !('version' in read) || read.version !== expected) return null
  return read.kind === 'current' || expected === 0 ? seen : null
}

/** What a write of `keys` over `before` has made; `data`: all of it as it was sent, null for a patch. */
function written(
  before: DocumentRead,
  keys: JsonObject,
  version: number,
  data: string | null,
): KnownVersion {
  const earlier = before.kind === 'current' ? before.document : {}
  const members = Object.entries({ ...earlier, ...keys }).filter(([, value]) => value !== null)
  const document = Object.fromEntries(members)
  const text = data === null ? null : `{"data":{"data":${data}}}`
  return { read: { kind: 'current', document, version, ageMs: null }, text }
}

type KvReply = Extract<VaultReply, { kind: 'reply' }>

/** The newest version. What is deleted or destroyed is `damaged`, for it held something once. */
export function readReply(answer: KvReply, place: string): DocumentRead {
  const { status, body, errors, serverNowMs } = answer
  const data = isObject(body?.['data']) ? body['data'] : null
  const metadata = isObject(data?.['metadata']) ? data['metadata'] : null
  const version = numberOf(metadata?.['version'])
  if (status === 404 && metadata !== null && version !== null) {
    const what = metadata['destroyed'] === true ? 'destroyed' : 'deleted'
    return damaged(version, `version ${version} of the document was ${what}`, place)
  }
  const isAbsent = status === 404 && Array.isArray(body?.['errors']) && errors.length === 0
  if (isAbsent) return { kind: 'empty', version: 0 }
  if (status !== 200 || body === null) return troubleOf(answer, place)
  if (data === null || metadata === null || version === null)
    return 'request_id' in body ? wrongVersion(place) : troubleOf(answer, place)
  const document = data['data']
  if (!isObject(document))
    return damaged(version, `version ${version} of the document is no object`, place)
  const schema = document['claude_auth_schema_version'] ?? 1
  if (schema !== 1) {
    const advice = 'install that one here too'
    const about = { place, advice, command: 'claude-auth ensure --force' }
    return { kind: 'denied', trouble: makeTrouble('the document is of a newer claude-auth', about) }
  }
  return { kind: 'current', document, version, ageMs: ageOf(metadata, serverNowMs) }
}

function damaged(version: number, cause: string, place: string): DocumentRead {
  return { kind: 'empty', version, damaged: makeTrouble(cause, { place }) }
}

/** The version that a write has made; null where the answer names none. */
function versionOf({ status, body }: KvReply): number | null {
  const data = body?.['data']
  return status === 200 && isObject(data) ? numberOf(data['version']) : null
}

/** Does Vault say (`sys/internal/ui/mounts/…`) that the engine is another one than KV version 2? */
function isOtherEngine({ status, body }: KvReply): boolean {
  const data = body?.['data']
  if (status !== 200 || !isObject(data) || typeof data['type'] !== 'string') return false
  const { options } = data
  return data['type'] !== 'kv' || !isObject(options) || String(options['version']) !== '2'
}

/** `Date` has whole seconds: a version just made may seem to be of the future. */
function ageOf(metadata: JsonObject, serverNowMs: number | null): number | null {
  const createdAtMs = Date.parse(String(metadata['created_time']))
  if (serverNowMs === null || Number.isNaN(createdAtMs)) return null
  return Math.max(0, serverNowMs - createdAtMs)
}

/**
 * The JSON text of `data.data` in the reply `text` of a KV version 2 engine (null: an empty object),
 * with `keys` in it; a null value takes a key out. Null where the reply holds no such object.
 */
export function withKeys(text: string | null, keys: JsonObject): string | null {
  const members = text === null ? [] : membersOf(text)
  if (members === null) return null
  const kept = members.filter(({ key }) => !Object.hasOwn(keys, key)).map(({ source }) => source)
  const ours = Object.entries(keys)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{${[...kept, ...ours].join(',')}}`
}

/**
 * The merge patch (RFC 7396) that puts `keys` in place of what `before` has under them. A merge
 * goes into objects: a member that the new value does not have must be taken out by name.
 */
export function patchOf(before: JsonObject, keys: JsonObject): JsonObject {
  const entries = Object.entries(keys).map(([key, value]) => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    if (!isObject(value) || !isObject(old)) return [key, value]
    const gone = Object.keys(old).filter(member => !Object.hasOwn(value, member))
    return [key, { ...patchOf(old, value), ...Object.fromEntries(gone.map(each => [each, null])) }]
  })
  return Object.fromEntries(entries)
}

function membersOf(text: string): { key: string; source: string }[] | null {
  const document = member(member(treeOf(text), 'data'), 'data')
  if (document?.type !== 'object') return null
  return (document.children ?? []).map(each => ({
    key: String(each.children?.[0]?.value),
    source: text.slice(each.offset, each.offset + each.length),
  }))
}

function member(object: Node | undefined, key: string): Node | undefined {
  if (object?.type !== 'object') return undefined
  return object.children?.findLast(each => each.children?.[0]?.value === key)?.children?.[1]
}

function treeOf(text: string): Node | undefined {
  try {
    return parseTree(text)
  } catch {
    // Nested so deeply that the stack ended.
    return undefined
  }
}
