// Who comes, who stays and who goes between two rosters.

import t from 'tap'
import { parseYaml } from '../../src/config/yaml.js'
import { differencesOf } from '../../src/roster/differences.js'
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
