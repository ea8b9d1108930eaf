// A page of a detailed listing is read whatever is in it, and wherever its parts begin and end.

import fc from 'fast-check'
import t from 'tap'
import { entryOf, type ListedEntry, listingReader } from '../../src/fleet/listing-text.js'

/** Reads `text` in parts of `size` bytes. */
function read(text: string, size = 65_536): { names: string[] | null; entries: ListedEntry[] } {
  const entries: ListedEntry[] = []
  const reader = listingReader(entry => entries.push(entry))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size))
  return { names: reader.names(), entries }
}

t.test('any reply is read as its tree of objects says', async t => {
  const entry = fc.record(
    {
      custom_metadata: fc.oneof(
        fc.constant(null),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.string(), fc.integer())),
      ),
      updated_time: fc.oneof(fc.constant('2026-11-29T02:21:27.337157887Z'), fc.string()),
      current_version: fc.oneof(fc.nat(), fc.string()),
      versions: fc.dictionary(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'data', 'a/'))
  const info = fc.dictionary(name, fc.oneof(entry, fc.jsonValue()))
  const size = fc.constantFrom(1, 2, 7, 65_536)
  fc.assert(
    fc.property(
      info,
      fc.jsonValue(),
      fc.constantFrom(0, 2),
      size,
      (key_info, other, indent, size) => {
        const names = Object.keys(key_info)
        const text = JSON.stringify(
          { other, data: { keys: names, key_info, other }, more: { data: { key_info: other } } },
          null,
          indent,
        )
        const page = read(text, size)
        t.same(page.names, [...names].sort())
        const expected = names
          .filter(name => !name.endsWith('/'))
          .map(name => entryOf(name, key_info[name]))
        t.same(page.entries, expected)
      },
    ),
  )
})

t.test('what is no listing is none', async t => {
  for (const text of [
    '',
    '[]',
    '{}',
    '<html>',
    '{"data":{"keys":["a"]}}',
    '{"data":{"key_info":{"a":',
    '{"data":{"keys":["a"],"key_info":{"a":{]}}}}',
    '{"data":{"keys":["a"],"key_info":{"a":{"b":}}}}',
    '{"data":{"keys":["a"],"key_info":{a:1}}}',
    '{"data":{"keys":["a"],"key_info":[{"a":1}]}}',
    '{"data":{"keys":"a","key_info":{"a":1}}}',
    '[{"data":{"keys":["a"],"key_info":{"a":1}}}]',
    '}{"data":{"keys":["a"],"key_info":{"a":1}}}',
    'null',
  ])
    t.equal(read(text).names, null, text)
})
