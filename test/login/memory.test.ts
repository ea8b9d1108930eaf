// The memory between runs: whatever is on disk, it is a whole memory, and it holds no token.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  emptyMemory,
  type Memory,
  readMemory,
  withMaybeSpent,
  withSpent,
  writeMemory,
} from '../../src/login/memory.js'
import { makeTrouble } from '../../src/system/trouble.js'

t.test('what was written is read again', async t => {
  const path = join(t.testdir(), 'state.json')
  const memory: Memory = {
    ...withSpent(emptyMemory, 'a'.repeat(64)),
    narrower: true,
  }
  writeMemory(path, memory, 'n')
  t.same(readMemory(path), memory)
})

t.test('a missing, damaged or foreign memory is an empty one', async t => {
  const path = join(t.testdir(), 'state.json')
  t.same(readMemory(path), emptyMemory, 'missing')
  for (const text of ['', '{', 'null', '[]', '{}', '{"format":2,"spent":["x"]}', '\0\0\0']) {
    writeFileSync(path, text)
    t.same(readMemory(path), emptyMemory, text)
  }
  const folder = join(t.testdir(), 'folder')
  mkdirSync(folder)
  t.same(readMemory(folder), emptyMemory, 'a folder')
})

t.test('members of a wrong kind are left out, the others kept', async t => {
  const path = join(t.testdir(), 'state.json')
  writeFileSync(path, '{"format":1,"spent":"x","held":[],"narrower":1,"clockOffMs":5,"told":null}')
  t.same(readMemory(path), { ...emptyMemory, clockOffMs: 5 })
})

t.test('members whose inside is damaged harm nobody', async t => {
  const path = join(t.testdir(), 'state.json')
  const bad = fc.constantFrom(1, 'x', null, [], {}, true, { chain: 1 }, { lineage: null })
  const keys = fc.constantFrom(...Object.keys(emptyMemory).filter(key => key !== 'format'))
  const inside = fc.dictionary(
    fc.constantFrom('lineage', 'chain', 'hash', 'triesAtMs', 'accessHash'),
    bad,
  )
  fc.assert(
    fc.property(
      fc.dictionary(keys, fc.oneof(bad, inside, fc.array(fc.oneof(bad, inside)))),
      found => {
        writeFileSync(path, JSON.stringify({ ...found, format: 1 }))
        const memory = readMemory(path)
        // What every run does with it first.
        memory.held?.lineage.chain.indexOf('x')
        memory.signedOut?.chain.includes('x')
        memory.backOff?.triesAtMs.filter(at => at > 0)
        return (
          memory.spent.every(hash => typeof hash === 'string') &&
          memory.maybeSpent.every(each => typeof each.hash === 'string')
        )
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('what may be null inside a member is so where it can’t be read', async t => {
  const path = join(t.testdir(), 'state.json')
  const lineage = { id: 'x', generation: 0, chain: ['h'], signedInAtMs: 1 }
  const held = { accessHash: 'a', refreshHash: 'h', inFile: true, lineage, sinceMs: 1 }
  const identity = { email: 'alice@example.com', accountUuid: 7, organizationUuid: [] }
  const verification = { accessHash: 'a', kind: 'accepted', atMs: 1, identity, organization: {} }
  const found = {
    format: 1,
    held: { ...held, refreshHash: 4, expiresAtMs: 'soon', scopes: [1], renewedAtMs: true },
    verification,
    verifiedCopy: { ...verification, identity: 'alice' },
    pinned: identity,
    told: { one: 'a', two: [] },
    longLived: { askedAtMs: 1, token: { accessHash: 'a', endsAtMs: 'x' }, placed: 'a' },
  }
  writeFileSync(path, JSON.stringify(found))
  const alice = { email: 'alice@example.com', accountUuid: null, organizationUuid: null }
  t.match(readMemory(path), {
    held: { refreshHash: null, expiresAtMs: null, loginEndsAtMs: null, scopes: null },
    verification: { accessHash: 'a', identity: alice, organization: null },
    verifiedCopy: { identity: null },
    pinned: alice,
    told: { one: 'a' },
    longLived: { token: { accessHash: 'a', endsAtMs: null }, placed: null },
  })
  for (const wrong of [1, 'x', [], {}, { email: 1 }]) {
    writeFileSync(path, JSON.stringify({ format: 1, pinned: wrong }))
    t.equal(readMemory(path).pinned, null)
  }
})

t.test('the last 50 spent tokens are known, each once', async t => {
  const hashes = Array.from({ length: 60 }, (_, index) => `h${index}`)
  const memory = hashes.reduce(withSpent, emptyMemory)
  t.same(memory.spent, hashes.slice(10))
  t.same(withSpent(memory, 'h20').spent.at(-1), 'h20')
  t.equal(withSpent(memory, 'h20').spent.length, 50)
})

t.test('tries of a token that may be spent are counted, until it is known', async t => {
  const once = withMaybeSpent(emptyMemory, 'x', 1)
  const twice = withMaybeSpent(withMaybeSpent(once, 'y', 2), 'x', 3)
  t.same(twice.maybeSpent, [
    { hash: 'y', tries: 1, atMs: 2 },
    { hash: 'x', tries: 2, atMs: 3 },
  ])
  t.same(withSpent(twice, 'x').maybeSpent, [{ hash: 'y', tries: 1, atMs: 2 }])
})

t.test(
  'a trouble is kept as a value, and as the text of an earlier version it is read back',
  async t => {
    const path = join(t.testdir(), 'state.json')
    const read = (trouble: object) => {
      const pending = { sinceMs: 1, failures: 2, nextTryAtMs: 3, ...trouble }
      const storeTrouble = { kind: 'denied', ...trouble }
      writeFileSync(path, JSON.stringify({ format: 1, pending, storeTrouble }))
      return readMemory(path)
    }
    const trouble = makeTrouble('the key is missing', { command: 'ls -l /key' })
    const known = {
      pending: { sinceMs: 1, failures: 2, nextTryAtMs: 3, trouble },
      storeTrouble: { kind: 'denied', trouble },
    }
    const old = { what: 'the key is missing; type: ls -l /key' }
    for (const each of [{ trouble }, old]) {
      const { pending, storeTrouble } = read(each)
      t.same({ pending, storeTrouble }, known)
    }
    for (const none of [{}, { what: 7 }, { trouble: [] }])
      t.match(read(none), { pending: null, storeTrouble: null })
  },
)

t.test('what an earlier version kept under another name is read', async t => {
  const path = join(t.testdir(), 'state.json')
  const session = { hash: 'h', checkedAtMs: 1 }
  writeFileSync(path, JSON.stringify({ format: 1, vault: session, keyPrint: 'own 0a1b2c3d' }))
  const kept = { storeSession: session, keyDigest: 'own 0a1b2c3d' }
  t.same(readMemory(path), { ...emptyMemory, ...kept })
})
