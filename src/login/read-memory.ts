// Reading what is remembered: whatever stands in `state.json`, no later step trips over it.

import { readFileSync } from 'node:fs'
import { isLike, jsonObject } from '../host/json.js'
import { emptyMemory, type Memory } from './memory.js'

/** The memory at `path`; a missing, damaged or foreign one is an empty memory: every fact can be found again. */
export function readMemory(path: string): Memory {
  try {
    const found = jsonObject(readFileSync(path))
    if (found?.['format'] !== 1) return emptyMemory
    return { ...emptyMemory, ...wellFormed(found) }
  } catch {
    return emptyMemory
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
  pending: { failures: 0, nextTryAtMs: 0, what: '' },
  spent: [''],
  maybeSpent: [{ hash: '', tries: 0 }],
  backOff: { hash: '', failures: 0, nextTryAtMs: 0, triesAtMs: [0] },
  verification: verified,
  verifiedCopy: verified,
  signedOut: { atMs: 0, chain: [''] },
  signInNeeded: { sinceMs: 0, because: '' },
  account: { path: '', version: '', named: true },
  othersSeenAtMs: 0,
  lookedAtMs: 0,
  longLived: { askedAtMs: 0 },
  vault: {
    hash: '',
    checkedAtMs: 0,
    isKnown: true,
    displayName: '',
    policies: [''],
    isRenewable: true,
    lifeMs: 0,
    triedAtMs: 0,
  },
}

/** Only members whose shape is the expected one; of a list, the elements that are. */
function wellFormed(found: Record<string, unknown>): Partial<Memory> {
  const good = Object.entries(emptyMemory).flatMap(([key, empty]) => {
    const value = found[key]
    const example = examples[key] ?? empty ?? {}
    if (Array.isArray(example) && Array.isArray(value))
      return [[key, value.filter(each => isLike(each, example[0]))]]
    return isLike(value, example) ? [[key, value]] : []
  })
  return Object.fromEntries(good)
}
