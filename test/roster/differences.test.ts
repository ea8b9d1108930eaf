// Who comes, who stays and who goes between two rosters, and how many may go at once.

import t from 'tap'
import { parseYaml } from '../../src/config/yaml.js'
import { differencesOf, removalsOf, removalsRefused } from '../../src/roster/differences.js'
import { rosterRows } from '../../src/roster/roster-file.js'

const nowMs = Date.UTC(2026, 10, 29)
const rowsIn = (text: string) => rosterRows(parseYaml('roster.yaml', text)).rows
const between = (before: string | null, after: string) => {
  const applied = before === null ? null : rowsIn(before)
  const { active, ending } = differencesOf(applied, rowsIn(after), nowMs)
  return {
    active: active.map(({ user }) => user).join(' '),
    ending: ending.map(
      ({ user, because, isAdmin }) => `${user} ${because}${isAdmin ? ' admin' : ''}`,
    ),
  }
}

t.test('at first nobody has vanished', async t => {
  t.same(
    between(
      null,
      'users: {a: , b: {left: 2026-01-01}, c: {parked: true}, d: {claude_auth: false}}',
    ),
    {
      active: 'a',
      ending: ['b left'],
    },
  )
})

t.test('the same roster twice has no difference but those who left', async t => {
  const roster = 'users: {a: , b: {left: 2026-01-01}}'
  t.same(between(roster, roster), { active: 'a', ending: ['b left'] })
})

t.test('a row that vanished ends, an admin’s as an admin’s; one that rests does not', async t => {
  t.same(between('users: {a: , b: , c: {tier: admin}, d: }', 'users: {a: , d: {parked: true}}'), {
    active: 'a',
    ending: ['b vanished', 'c vanished admin'],
  })
})

t.test('who was renamed on the machines is the same in Vault', async t => {
  t.same(between('users: {old: {vault_name: ann}}', 'users: {ann: }'), {
    active: 'ann',
    ending: [],
  })
})

t.test('who comes back is active again', async t => {
  t.same(between('users: {a: , b: {left: 2026-01-01}}', 'users: {a: , b: }'), {
    active: 'a b',
    ending: [],
  })
})

t.test('who would be cut: vanished or left since, and not renamed', async t => {
  const before = rowsIn('users: {a: , b: , c: , d: {left: 2026-01-01}, e: {vault_name: x}, f: }')
  const after = rowsIn(
    'users: {a: , b: {left: 2026-11-29}, e2: {vault_name: x}, f: {left: 2026-12-01}}',
  )
  t.match(removalsOf(before, after, { nowMs, allowed: null }), {
    users: ['b', 'c'],
    of: 5,
    refused: null,
  })
})

t.test('more than a quarter at once, and three at least, takes the exact number', async t => {
  const table: [number, number, number | null, boolean][] = [
    [0, 4, null, true],
    [2, 2, null, true],
    [3, 12, null, true],
    [3, 11, null, false],
    [25, 100, null, true],
    [26, 100, null, false],
    [26, 100, 26, true],
    [26, 100, 25, false],
    [26, 100, 27, false],
    [1, 100, 2, false],
    [0, 100, 1, false],
  ]
  for (const [count, before, allowed, fits] of table) {
    const removed = Array.from({ length: count }, (_, at) => `u${at}`)
    const refused = removalsRefused(removed, before, allowed)
    t.equal(refused === null, fits, `${count} of ${before}, --removals ${allowed}: ${refused}`)
  }
  t.equal(removalsRefused(['a', 'b', 'c'], 4, null), '3 of 4 users would vanish at once: a, b, c')
})
