// JSON that others wrote: parsed with bounds, and decoded.

import fc from 'fast-check'
import t from 'tap'
import { parseObject } from '../../src/login/login-text.js'
import {
  anyObject,
  firstOf,
  flag,
  isTooDeep,
  jsonObject,
  listOf,
  matching,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  readableOf,
  recordOf,
  renamed,
  text,
  tolerantJson,
  whole,
  word,
} from '../../src/system/json.js'

const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

t.test('what nests deeper than can be written again is no object', async t => {
  t.ok(jsonObject(nested(400)))
  t.doesNotThrow(() => JSON.stringify(jsonObject(nested(499))))
  t.equal(jsonObject(nested(500)), null)
  t.equal(jsonObject(Buffer.from(nested(100_000))), null)
})

t.test('brackets side by side, or in a text, do not count', async t => {
  t.notOk(isTooDeep(`[${'[],'.repeat(5000)}{}]`))
  t.notOk(isTooDeep(JSON.stringify({ text: `\\"${'['.repeat(5000)}`, more: '"{' })))
  t.ok(isTooDeep(`["\\"",${'['.repeat(600)}`))
})

t.test('a comment or a broken string hides no depth', async t => {
  const deep = '['.repeat(600)
  for (const before of ['// don"t\n', '// "\r', '/* " */', '"never closed\n', '"\\"\r'])
    t.ok(isTooDeep(`${before}${deep}`), JSON.stringify(before))
  t.notOk(isTooDeep(`// ${deep}\n/* ${deep} */ {"/*": ["//"]}`))
})

t.test('JSON with comments is bounded alike', async t => {
  t.equal(await tolerantJson(`{"a": ${'['.repeat(200_000)}`), undefined)
  t.equal(await tolerantJson(`// don"t\n{"a": ${'{"a":'.repeat(200_000)}`), undefined)
  t.same(await tolerantJson('{"a": [1, /* two */], }'), { a: [1] })
})

const large = 1024 * 1024
const slow: Record<string, string> = {
  'opening brackets': '['.repeat(large),
  'brackets side by side': `[${'[],'.repeat(large / 3)}0]`,
  quotes: '"'.repeat(large),
  backslashes: `"${'\\'.repeat(large)}`,
  'one long text': `{"a":"${'x'.repeat(large)}"}`,
  keys: `{${Array.from({ length: large / 16 }, (_, at) => `"key${at}":${at}`).join(',')}}`,
  'the same key': `{${'"a":1,'.repeat(large / 6)}"a":2}`,
  slashes: '/'.repeat(large),
  'comments that begin': '/*'.repeat(large / 2),
  'comments that end': '/**/'.repeat(large / 4),
  blanks: ' '.repeat(large),
  garbage: '}:,'.repeat(large / 3),
  digits: '9'.repeat(large),
  zeros: '\0'.repeat(large),
}

for (const [name, text] of Object.entries(slow))
  t.test(`1 MiB of ${name} takes a moment`, async t => {
    const startMs = performance.now()
    jsonObject(text)
    await tolerantJson(text)
    parseObject(Buffer.from(text))
    t.ok(performance.now() - startMs < 5_000)
  })

t.test('simple values are read, and nothing else in their place', async t => {
  const others = [1, '', 'x', true, null, undefined, [], {}, Number.NaN, Infinity]
  const read = (decoder: (value: unknown) => unknown) =>
    others.filter(value => decoder(value) !== undefined)
  t.same(read(text), ['', 'x'])
  t.same(read(word), ['x'])
  t.same(read(number), [1])
  t.same(read(flag), [true])
  t.same(read(anyObject), [{}])
  t.same(read(oneOf<string | number>('x', 1)), [1, 'x'])
  t.same(read(matching(/^x?$/)), ['', 'x'])
  t.equal(number(0), 0)
  t.equal(flag(false), false)
})

t.test(
  'an object needs its members, leaves out what else it has, and takes what can be read',
  async t => {
    const decoder = object({ id: word, endsAtMs: orNull(number) }, { by: text })
    t.same(decoder({ id: 'x', endsAtMs: 'soon', by: 4, more: 1 }), { id: 'x', endsAtMs: null })
    t.same(decoder({ id: 'x', by: 'y' }), { id: 'x', endsAtMs: null, by: 'y' })
    for (const wrong of [{}, { id: '' }, { id: 1 }, null, 'x', []])
      t.equal(decoder(wrong), undefined)
  },
)

t.test('a list is read whole, or its readable elements are', async t => {
  t.same(listOf(number)([1, 2]), [1, 2])
  t.equal(listOf(number)([1, 'x']), undefined)
  t.same(readableOf(number)([1, 'x', 2]), [1, 2])
  t.equal(readableOf(number)({ 0: 1 }), undefined)
  t.same(recordOf(number)({ a: 1, b: 'x' }), { a: 1 })
})

t.test('instead, earlier names, variants, and a value as it stands', async t => {
  t.equal(otherwise(number, 7)('x'), 7)
  const decoder = renamed({ trouble: 'what' }, object({ trouble: text }))
  t.same(decoder({ what: 'old' }), { trouble: 'old' })
  t.same(decoder({ what: 'old', trouble: 'new' }), { trouble: 'new' })
  t.same(firstOf<string | number>(text, number)(4), 4)
  t.same(whole(object({ path: text }))({ path: '/x', mode: 4 }), { path: '/x', mode: 4 })
  t.equal(whole(object({ path: text }))({ mode: 4 }), undefined)
})

t.test('no value makes a decoder throw', async t => {
  const decoder = renamed(
    { a: 'b' },
    object({ a: readableOf(object({ c: word })) }, { d: recordOf(listOf(number)), e: oneOf(1) }),
  )
  fc.assert(fc.property(fc.anything(), value => decoder(value) !== null))
  t.pass()
})
