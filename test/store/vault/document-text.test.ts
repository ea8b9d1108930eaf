// The text of a stored document: ours replaced, others' byte for byte.

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { patchOf, withKeys } from '../../../src/store/vault/document.js'

const reply = (data: string) =>
  `{"request_id":"r","data":{"data":${data},"metadata":{"version":3}}}`

t.test("numbers, nulls and odd spellings of others' keys stay as they are", async t => {
  const theirs =
    '"big":12345678901234567890,"one":1.0,"none":null,"u":"\\u00e9","deep":{"a":[1e400]}'
  const text = withKeys(reply(`{${theirs},"ours":1}`), { ours: 2, gone: null })
  t.equal(text, `{${theirs},"ours":2}`)
})

t.test('a key of ours is taken out by null, and never doubled', async t => {
  t.equal(withKeys(reply('{"a":1,"b":2,"a":3}'), { a: null }), '{"b":2}')
  t.equal(withKeys(reply('{}'), { a: 1 }), '{"a":1}')
  t.equal(withKeys(null, { a: 1, b: null }), '{"a":1}')
})

t.test('a reply without a document gives none', async t => {
  for (const odd of ['', '[]', '{"data":{}}', reply('7'), reply('null')])
    t.equal(withKeys(odd, { a: 1 }), null)
})

t.test('whatever others keep there survives', async t => {
  const anyDocument = fc.dictionary(fc.string(), fc.jsonValue())
  fc.assert(
    fc.property(anyDocument, document => {
      const text = withKeys(reply(JSON.stringify(document)), { claude_auth_write_id: 'w' })
      const want = JSON.stringify({ ...document, claude_auth_write_id: 'w' })
      return JSON.stringify(JSON.parse(text ?? '')) === JSON.stringify(JSON.parse(want))
    }),
  )
  t.pass()
})

t.test('nested deeper than can be walked is no document', async t => {
  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  t.equal(withKeys(reply(deep), { b: 1 }), null)
})

t.test('a merge patch replaces our objects instead of merging into them', async t => {
  const before = { hosts: { one: { at: 1, by: 'x' }, two: { at: 2 } }, text: 'old', list: [1] }
  const keys = { hosts: { one: { at: 3 } }, text: { now: 1 }, list: [2], gone: null, more: {} }
  t.same(patchOf(before, keys), { ...keys, hosts: { one: { at: 3, by: null }, two: null } })
})

t.test('applied as RFC 7396 says, a patch leaves exactly the new values', async t => {
  const withoutNull = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const kept = Object.entries(value).filter(([, each]) => each !== null)
    return Object.fromEntries(kept.map(([key, each]) => [key, withoutNull(each)]))
  }
  const merged = (target: unknown, patch: unknown): unknown => {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
    const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
    const result = new Map<string, unknown>(Object.entries(isObject ? target : {}))
    for (const [key, value] of Object.entries(patch))
      if (value === null) result.delete(key)
      else result.set(key, merged(result.get(key), value))
    return Object.fromEntries(result)
  }
  // Few names, so that old and new have some in common.
  const { document } = fc.letrec(tie => ({
    document: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, 1, 'x', [null]), tie('document')),
  })) as { document: fc.Arbitrary<Record<string, unknown>> }
  fc.assert(
    fc.property(document, document, (before, keys) => {
      const after = merged(before, patchOf(before, keys)) as Record<string, unknown>
      const theirs = Object.entries(before).filter(([key]) => !Object.hasOwn(keys, key))
      const want = { ...Object.fromEntries(theirs), ...(withoutNull(keys) as object) }
      return isDeepStrictEqual(after, want)
    }),
  )
  t.pass()
})
