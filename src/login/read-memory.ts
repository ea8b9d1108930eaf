// Reading what is remembered: whatever stands in `state.json`, no later step trips over it.

import { closeSync, constants } from 'node:fs'
import { identityIn } from '../policy/identity.js'
import { closedBy, closedError } from '../system/closed-to-us.js'
import { isLike, isObject, jsonObject, numberOf, stringOf } from '../system/json.js'
import { bytesOf, openRegular } from '../system/open-file.js'
import { troubleIn } from '../text/trouble.js'
import { emptyMemory, type Memory } from './memory.js'

/**
 * The memory at `path`; a missing or damaged one is an empty memory: every fact can be found again. One that
 * may not be read is none: which tokens are spent stands in it. Throws `login-closed`, unless `orEmpty` will do.
 */
export function readMemory(path: string, { orEmpty = false } = {}): Memory {
  try {
    const found = jsonObject(bytesOfRegular(path))
    if (found?.['format'] !== 1) return emptyMemory
    return { ...emptyMemory, ...wellFormed(found) }
  } catch (error) {
    const closed = closedBy(path, process.geteuid?.() ?? -1, error)
    if (closed !== null && !orEmpty) throw closedError(closed)
    return emptyMemory
  }
}

/** A pipe or a device in its place would hold the run; a memory is never that large. */
function bytesOfRegular(path: string): Buffer {
  const file = openRegular(path, constants.O_RDONLY)
  try {
    return bytesOf(file, 4 * 1024 * 1024) ?? Buffer.alloc(0)
  } finally {
    closeSync(file)
  }
}

const verified = { accessHash: '', kind: '', atMs: 0 }

/** What the members must at least hold, by example, so that no later step trips over one. */
const examples: Record<string, unknown> = {
  held: {
    accessHash: '',
    inFile: true,
    lineage: { id: '', generation: 0, chain: [''], signedInAtMs: 0 },
    sinceMs: 0,
  },
  stored: { version: 0, accessHash: '', atMs: 0 },
  pending: { failures: 0, nextTryAtMs: 0 },
  spent: [''],
  maybeSpent: [{ hash: '', tries: 0 }],
  backOff: { hash: '', failures: 0, nextTryAtMs: 0, triesAtMs: [0] },
  verification: verified,
  verifiedCopy: verified,
  signedOut: { atMs: 0, chain: [''] },
  signInNeeded: { sinceMs: 0, because: '' },
  account: { path: '', version: '', named: true },
  instance: {
    name: '',
    formerNames: [''],
    fingerprints: [{ machine: '', system: '', inode: '', folder: '', devices: [''] }],
    heartbeats: [''],
  },
  othersSeenAtMs: 0,
  lookedAtMs: 0,
  longLived: { askedAtMs: 0 },
  storeTrouble: { kind: '' },
}

const endingToken = (value: unknown) =>
  isLike(value, { accessHash: '' }) ? { ...(value as object), endsAtMs: ends(value) } : null
const ends = (value: unknown) => (isObject(value) ? numberOf(value['endsAtMs']) : null)
const asked = { identity: identityIn, organization: stringOf }

/** Members that an earlier version kept under another name. */
const earlierNames: Record<string, string> = { storeSession: 'vault' }

/** What in a member may be null, and is where it can't be read. */
const orNull: Record<string, Record<string, (value: unknown) => unknown>> = {
  held: {
    refreshHash: stringOf,
    expiresAtMs: numberOf,
    loginEndsAtMs: numberOf,
    renewedAtMs: numberOf,
    scopes: value => (isLike(value, ['']) ? value : null),
  },
  verification: asked,
  verifiedCopy: asked,
  instance: { contestedHash: stringOf },
  longLived: { token: endingToken, placed: endingToken },
}

/** Only members whose shape is the expected one; of a list, the elements that are. */
function wellFormed(found: Record<string, unknown>): Partial<Memory> {
  const good = Object.entries(emptyMemory).flatMap(([key, empty]) => {
    const value = found[key] ?? found[earlierNames[key] ?? key]
    const example = examples[key] ?? empty ?? {}
    if (Array.isArray(example) && Array.isArray(value))
      return [[key, value.filter(each => isLike(each, example[0]))]]
    if (key === 'pinned') return [[key, identityIn(value)]]
    const told = withTrouble(key, value)
    return isLike(told, example) ? [[key, inside(key, told)]] : []
  })
  return Object.fromEntries(good)
}

/** With its `trouble`, which an earlier version kept as a text, `what`; null without either. */
function withTrouble(key: string, value: unknown): unknown {
  if ((key !== 'pending' && key !== 'storeTrouble') || !isObject(value)) return value
  const { what, ...rest } = value
  const trouble = troubleIn(rest['trouble'] ?? what)
  return trouble === null ? null : { ...rest, trouble }
}

function inside(key: string, value: unknown): unknown {
  if (!isObject(value)) return value
  if (key === 'told')
    return Object.fromEntries(Object.entries(value).filter(([, what]) => typeof what === 'string'))
  const read = Object.entries(orNull[key] ?? {}).map(([name, how]) => [name, how(value[name])])
  return { ...value, ...Object.fromEntries(read) }
}
