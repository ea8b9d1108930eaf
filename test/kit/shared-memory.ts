// A document that several hosts share, in memory: check-and-set as a server has it, and what it was asked.

import type { DocumentRead, SharedDocument, StoreTrouble } from '../../src/store/store.js'
import type { JsonObject } from '../../src/system/json.js'

export interface SharedMemory extends SharedDocument {
  data: JsonObject
  version: number
  reads: number
  /** Keys of each change that was written. */
  changes: JsonObject[]
  /** What it answers instead, or a promise to wait for first; null: it works. */
  trouble: StoreTrouble | Promise<unknown> | null
  /** Called between a read and what follows it: the moment in which others write. */
  between: (() => void) | null
}

/** A new one, empty or with `data` as version 1. */
export function sharedMemory(data?: JsonObject): SharedMemory {
  const shared: SharedMemory = {
    data: data ?? {},
    version: data ? 1 : 0,
    reads: 0,
    changes: [],
    trouble: null,
    between: null,
    read: async (): Promise<DocumentRead> => {
      shared.reads++
      const trouble = await troubleOf(shared)
      if (trouble !== null) return trouble
      const { version } = shared
      const found: DocumentRead =
        version === 0
          ? { kind: 'empty', version }
          : { kind: 'current', document: structuredClone(shared.data), version, ageMs: 0 }
      shared.between?.()
      return found
    },
    change: async (keys, expected) => {
      const trouble = await troubleOf(shared)
      if (trouble !== null) return trouble
      if (shared.version !== expected) return { kind: 'conflict' }
      const merged = Object.entries({ ...shared.data, ...keys })
      shared.data = Object.fromEntries(merged.filter(([, value]) => value !== null))
      shared.changes.push(keys)
      shared.version++
      return { kind: 'written', version: shared.version }
    },
  }
  return shared
}

async function troubleOf({ trouble }: SharedMemory): Promise<StoreTrouble | null> {
  if (trouble instanceof Promise) await trouble
  return trouble !== null && 'kind' in trouble ? trouble : null
}
