// Lineages: which of two logins comes after the other, by descent and never by the clock alone.

import fc from 'fast-check'
import t from 'tap'
import { type Lineage, newLineage, nextGeneration, relation } from '../../src/login/lineage.js'

/** `id` rotated through `hashes`. */
function lineage(id: string, ...hashes: string[]): Lineage {
  const [first, ...rest] = hashes
  return rest.reduce(nextGeneration, newLineage(id, first ?? null, 1))
}

const cases: [string, Lineage, Lineage, ReturnType<typeof relation>][] = [
  ['the same', lineage('x', 'a', 'b'), lineage('x', 'a', 'b'), 'same'],
  ['rotated on by the other', lineage('x', 'a'), lineage('x', 'a', 'b'), 'theirs-newer'],
  ['rotated on by me', lineage('x', 'a', 'b', 'c'), lineage('x', 'a'), 'mine-newer'],
  ['two sign-ins', lineage('x', 'a'), lineage('y', 'b'), 'unrelated'],
  ['the id lost, the chain tells', lineage('y', 'a'), lineage('x', 'a', 'b'), 'theirs-newer'],
  ['the same token under two ids', lineage('x', 'a'), lineage('y', 'a'), 'same'],
  [
    'the same token under two ids, after more rotations in one',
    lineage('x', 'a', 'b'),
    lineage('y', 'b'),
    'same',
  ],
  ['a fork: more rotations win', lineage('x', 'a', 'b', 'c'), lineage('x', 'a', 'z'), 'mine-newer'],
  ['a fork, as many rotations', lineage('x', 'a', 'b'), lineage('x', 'a', 'z'), 'unrelated'],
  [
    'a refresh that kept the token',
    lineage('x', 'a'),
    nextGeneration(lineage('x', 'a'), 'a'),
    'theirs-newer',
  ],
  ['nothing to go by', lineage('x'), lineage('y'), 'unrelated'],
]

for (const [name, mine, theirs, expected] of cases)
  t.test(`${name} → ${expected}`, async t => {
    t.equal(relation(mine, theirs), expected)
    const mirrored = { 'mine-newer': 'theirs-newer', 'theirs-newer': 'mine-newer' } as const
    const other = expected in mirrored ? mirrored[expected as keyof typeof mirrored] : expected
    t.equal(relation(theirs, mine), other, 'and the other way round')
  })

t.test('any later generation is newer than any earlier one, up to 20 and beyond', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 60 }), (from, more) => {
      const hashes = Array.from({ length: from + more + 1 }, (_, index) => `h${index}`)
      const earlier = lineage('x', ...hashes.slice(0, from + 1))
      const later = lineage('x', ...hashes)
      return relation(earlier, later) === 'theirs-newer' && later.chain.length <= 20
    }),
  )
  t.pass()
})
