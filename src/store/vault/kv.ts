// One document of a KV version 2 engine: what a reply says of it, and its text with some keys changed. Pure.

import { type Node, parseTree } from 'jsonc-parser'
import { isObject, type JsonObject, numberOf } from '../../system/json.js'
import { makeTrouble } from '../../system/trouble.js'
import type { DocumentRead } from '../store.js'
import type { VaultReply } from './client.js'
import { troubleOf, wrongVersion } from './failure.js'

type KvReply = Extract<VaultReply, { kind: 'reply' }>

/** The newest version. What is deleted or destroyed is `damaged`, for it held something once. */
export function readAnswer(answer: KvReply, place: string): DocumentRead {
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
export function versionOf({ status, body }: KvReply): number | null {
  const data = body?.['data']
  return status === 200 && isObject(data) ? numberOf(data['version']) : null
}

/** Does Vault say (`sys/internal/ui/mounts/…`) that the engine is another one than KV version 2? */
export function isOtherEngine({ status, body }: KvReply): boolean {
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
 * The merge patch (RFC 7396) that puts `keys` in the place of what `before` has under them. A merge
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
