// The printer of JSON: whatever the value, one line that steers nothing and parses to the same value.

import fc from 'fast-check'
import t from 'tap'
import { jsonText } from '../../src/text/json-text.js'

const hostile: Record<string, string> = {
  'C0 controls': '\u0000\u0007\u001b[31m\u007f',
  'C1 controls': '\u0080\u009b31m\u009d0;title\u009c\u009f',
  'direction marks': '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c',
  'invisible characters': '\u00ad\u200b\u200c\u200d\u2060\u2064\ufeff\u3164\u180e\ufff9',
  'line separators': '\u2028\u2029\u0085',
  'lone surrogates': '\ud800 \udc00',
  'tags and variation selectors': '\u{e0001}\u{e0041}\u{e007f}\ufe0f\u{e0100}',
  'private and unassigned ones': '\ue000\u{10ffff}\u0378',
}

for (const [name, text] of Object.entries(hostile))
  t.test(`${name} are escaped, in keys too`, async t => {
    const value = { [text]: text, list: [text, `é${text}漢🎉`] }
    const line = jsonText(value)
    t.notMatch(line, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
    t.same(JSON.parse(line), value)
  })

t.test('what people read stays as it is', async t => {
  t.equal(jsonText({ name: 'Zoë 漢 🎉 "a\\b"' }), '{"name":"Zoë 漢 🎉 \\"a\\\\b\\""}')
})

t.test('any value comes back the same, and has no such character', async t => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), value => {
      const line = jsonText(value)
      t.ok(JSON.stringify(JSON.parse(line)) === JSON.stringify(value))
      t.notOk(/[\p{C}\p{Zl}\p{Zp}]/u.test(line))
    }),
  )
})
