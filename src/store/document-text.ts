// The text of a stored document: some keys replaced, and everything of others kept byte for byte.

import { type Node, parseTree } from 'jsonc-parser'
import { isObject, type JsonObject } from '../host/json.js'

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
