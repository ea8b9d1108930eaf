// The store in the model: reading both copies, the sealed copy first, then the shared document by check-and-set.

import { isOver } from '../../../src/engine/read-store.js'
import type { Lineage } from '../../../src/login/lineage.js'
import { type Login, tokenHash } from '../../../src/login/login.js'
import { type Memory, withMaybeSpent, withSpent } from '../../../src/login/memory.js'
import {
  fromDocument,
  othersSeenAtMs,
  type StoredLogin,
  toDocument,
} from '../../../src/store/document.js'
import type { StoreRead } from '../../../src/store/store.js'
import { vaultStore } from '../../../src/store/vault/store.js'
import { makeTrouble } from '../../../src/system/trouble.js'
import { own, type Program, step } from './steps.js'
import type { View } from './world.js'

const away = { kind: 'unreachable', trouble: makeTrouble('away') } as const

export function remember(v: View, change: Partial<Memory>) {
  v.h.memory = { ...v.h.memory, ...change }
}

/** `readStore` of src/engine/read-store.ts, over the real `vaultStore` or the sealed store. */
export function readStore(): Program<StoreRead> {
  return step('readStore (engine/read-store.ts)', 'asks the store', async v => {
    const read = v.isShared ? await shared(v).read() : sealedRead(v)
    v.h.asked = read
    if (!v.isShared) return read.kind
    if (read.kind === 'empty') remember(v, { lookedAtMs: v.w.ms })
    if (read.kind !== 'current' || read.away !== null) return read.kind
    const seenAtMs = othersSeenAtMs(read.stored.hosts, `host${v.i}`, v.w.ms)
    remember(v, { othersSeenAtMs: seenAtMs, lookedAtMs: v.w.ms })
    const { intent } = read.stored
    if (intent && isOver(intent, read.ageMs)) learn(v, intent)
    return read.kind
  }) as Program<never>
}

/** As `learn` of src/engine/read-store.ts. */
function learn(v: View, { id, parent, ended }: NonNullable<StoredLogin['intent']>) {
  const { memory } = v.h
  if (id === memory.intentId || memory.spent.includes(parent)) return
  if (id === memory.doubtedId && ended !== 'refused') return
  const known =
    ended === 'refused' ? withSpent(memory, parent) : withMaybeSpent(memory, parent, v.w.ms)
  v.h.memory = { ...known, doubtedId: id }
}

function sealedRead({ h: { sealed } }: View): StoreRead {
  if (sealed === null) return { kind: 'empty', version: 0 }
  return { kind: 'current', ...sealed, ageMs: null, isCached: false, away: null }
}

/** The real rule for which of the two copies counts. */
function shared(v: View) {
  const unused = async () => away
  const { document, ms } = v.w
  const read = async () => {
    if (v.w.away) return away
    if (document === null) return { kind: 'empty', version: 0 } as const
    const { data, version, atMs } = document
    return { kind: 'current', document: data as never, version, ageMs: ms - atMs } as const
  }
  const cache = { read: async () => sealedRead(v), write: unused, change: unused }
  const more = {
    kind: 'local',
    label: 'the sealed store',
    isRemote: false,
    isShared: false,
    keep: null,
    drift: () => null,
  } as const
  return vaultStore(
    { read, change: unused },
    { ...cache, ...more },
    { isShared: true, drift: () => null },
  )
}

/** `store.keep`, and the sealed store's `write`: this machine's own, so that the gate makes it safe. */
export function seal(v: View, stored: StoredLogin): void {
  const version = (v.h.sealed?.version ?? 0) + 1
  v.h.sealed = { stored, version }
}

/** `store.change` of the shared document. */
export function changeDocument(
  v: View,
  keys: Record<string, unknown>,
  expected: number,
): 'written' | 'conflict' | 'away' {
  const { w } = v
  if (w.away) return 'away'
  if ((w.document?.version ?? 0) !== expected) return 'conflict'
  const data = { ...w.document?.data, ...keys }
  w.document = { data, version: expected + 1, atMs: w.ms }
  return 'written'
}

/** What a store is to keep, as `storedLogin` of src/engine/save.ts. */
export function storedLogin(v: View, login: Login, lineage: Lineage, because: string): StoredLogin {
  const { memory, asked } = v.h
  const before = asked?.kind === 'current' ? asked.stored : null
  return {
    login,
    lineage,
    identity: memory.verification?.identity ?? null,
    loginEndsAtMs: login.loginEndsAtMs,
    backedUpAtMs: v.w.ms,
    signedOutAtMs: null,
    source: because,
    writeId: '',
    intent: null,
    setupToken: null,
    hosts: before?.hosts ?? {},
  }
}

/** `saveToStore` (engine/save.ts): sealed here, then in the document. `what` is asked when it is written. */
export function* saveToStore(
  what: (v: View) => { login: Login; lineage: Lineage },
  because: string,
): Program<'written' | 'conflict' | 'away'> {
  const kept = yield* own('saveToStore (engine/save.ts): store.write', 'seals the login', v => {
    const { login, lineage } = what(v)
    const stored = storedLogin(v, login, lineage, because)
    if (v.isShared) {
      const { sealed } = v.h
      // As `keep` of store/vault/store.ts: the same login is not sealed again.
      if (sealed === null || !isSame(sealed.stored, stored)) seal(v, stored)
    } else seal(v, stored)
    return { stored, expected: versionAsked(v), isShared: v.isShared }
  })
  const { stored, expected, isShared } = kept
  const written = isShared
    ? yield* step(
        'saveToStore (engine/save.ts): document.change',
        'writes the login to the document',
        v => {
          const before = v.w.document
          const ended = changeDocument(v, toDocument(stored), expected)
          if (ended === 'written') isUndone(v, before, stored)
          return ended
        },
      )
    : ('written' as const)
  if (written !== 'written') return written
  yield* own('saveToStore (engine/save.ts): remember', 'remembers that the store has it', v => {
    const version = isShared ? expected + 1 : (v.h.sealed?.version ?? 0)
    v.h.asked = { kind: 'current', stored, version, ageMs: 0, isCached: false, away: null }
    const accessHash = tokenHash(stored.login?.accessToken ?? '')
    remember(v, { stored: { version, accessHash, atMs: v.w.ms }, pending: null })
  })
  return 'written'
}

function versionAsked({ h: { asked } }: View): number {
  return asked && 'version' in asked ? asked.version : 0
}

function isSame(one: StoredLogin, other: StoredLogin): boolean {
  return (
    one.login?.accessToken === other.login?.accessToken &&
    one.login?.refreshToken === other.login?.refreshToken &&
    one.signedOutAtMs === other.signedOutAtMs
  )
}

/** `keepHere` (engine/save.ts): false only where the store could not be asked. */
export function* keepHere(
  what: (v: View) => { login: Login; lineage: Lineage },
  because: string,
): Program<boolean> {
  const asked = yield* own('keepHere (engine/save.ts)', 'looks what it was told', v => ({
    isShared: v.isShared,
    there: v.h.asked?.kind ?? 'unasked',
  }))
  if (!asked.isShared) {
    if (asked.there !== 'current' && asked.there !== 'empty') return false
    return (yield* saveToStore(what, because)) === 'written'
  }
  return yield* own(
    'keepHere (engine/save.ts): store.keep',
    'seals the login on this machine',
    v => {
      const { login, lineage } = what(v)
      const stored = storedLogin(v, login, lineage, because)
      if (v.h.sealed === null || !isSame(v.h.sealed.stored, stored)) seal(v, stored)
      const { asked: before } = v.h
      if (before?.kind === 'current' || before?.kind === 'empty') {
        const awayNow = before.kind === 'current' ? before.away : null
        const found = { kind: 'current', stored, version: before.version, ageMs: 0 } as const
        v.h.asked = { ...found, away: awayNow, isCached: true }
      }
      return true
    },
  )
}

/** A log-out that is known in the document may not be followed by a login of the same sign-in. */
function isUndone({ w }: View, before: View['w']['document'], stored: StoredLogin) {
  const there = before === null ? null : fromDocument(before.data as never)
  if (there === null || there.signedOutAtMs === null || there.login !== null) return
  if (there.lineage?.id === stored.lineage?.id) w.broken = 'a log-out in the document was undone'
}
