// A page of a detailed listing is read whatever is in it.

import fc from 'fast-check'
import t from 'tap'
import { entryOf, readListing } from '../../src/fleet/listing-text.js'

t.test('any reply is read as its tree of objects says', async t => {
  const entry = fc.record(
    {
      custom_metadata: fc.oneof(
        fc.constant(null),
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())),
      ),
      updated_time: fc.oneof(fc.constant('2026-11-29T02:21:27.337157887Z'), fc.string()),
      current_version: fc.oneof(fc.nat(), fc.string()),
      versions: fc.dictionary(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const info = fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(entry, fc.jsonValue()))
  fc.assert(
    fc.property(info, fc.jsonValue(), fc.constantFrom(0, 2), (key_info, other, indent) => {
      const names = Object.keys(key_info)
      const text = JSON.stringify(
        { other, data: { keys: names, key_info }, more: other },
        null,
        indent,
      )
      const page = readListing(text)
      t.same(page?.names, [...names].sort())
      const expected = [...names]
        .sort()
        .filter(name => !name.endsWith('/'))
        .map(name => entryOf(name, key_info[name]))
      t.same([...(page?.entries ?? [])], expected)
    }),
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
    'null',
  ])
    t.equal(readListing(text), null, text)
})
