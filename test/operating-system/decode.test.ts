// Decoders: what fits is read, what does not is left out, and nothing is ever thrown.

import fc from 'fast-check'
import t from 'tap'
import {
  anyObject,
  firstOf,
  flag,
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
  whole,
  word,
} from '../../src/system/decode.js'

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
