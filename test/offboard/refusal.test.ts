// What an offboarding refuses to begin: an admin, somebody still listed, a stage before its time; and what lets it.

import t from 'tap'
import type { OffboardFacts } from '../../src/offboard/facts.js'
import { refusalOf, type Wishes } from '../../src/offboard/refusal.js'
import type { RosterSays } from '../../src/offboard/roster-says.js'
import type { Stage } from '../../src/offboard/step.js'
import type { UserVaultFacts } from '../../src/offboard/vault-facts.js'

const nowMs = Date.parse('2026-12-01T12:00:00Z')
const dayMs = 24 * 60 * 60_000
const plain: Wishes = {
  caller: 'root',
  isWithOthers: false,
  isForAdmin: false,
  isNow: false,
  waitMs: 7 * dayMs,
}
const unlisted: RosterSays = { row: null, active: null }
const admin = { row: { isAdmin: true }, active: null } as RosterSays
const listed: RosterSays = { row: { isAdmin: false } as RosterSays['row'], active: 'line 7' }

const known = {
  vaultName: 'bob',
  entities: [],
  sharedWith: [],
  documents: [],
  record: null,
  closedRecord: null,
  policy: { name: 'p', state: 'open', text: '' },
} as unknown as UserVaultFacts

function facts(more: Partial<OffboardFacts> = {}): OffboardFacts {
  return {
    user: 'bob',
    host: 'ws1',
    isHereOnly: false,
    vault: known,
    machine: null,
    deeds: [],
    hasSiteProgram: false,
    cause: { nowMs } as OffboardFacts['cause'],
    ...more,
  }
}

const asked = (stage: Stage | 'undo', roster = unlisted, wishes: Partial<Wishes> = {}) =>
  refusalOf(facts(), stage, roster, { ...plain, ...wishes })

t.test('who is unknown, listed or an admin', async t => {
  t.equal(asked('cut'), null)
  t.match(refusalOf(facts({ vault: null }), 'cut', unlisted, plain), { hint: 'getent passwd bob' })
  const nobody = { ...known, policy: { ...known.policy, state: 'absent' as const } }
  t.match(refusalOf(facts({ vault: nobody }), 'cut', unlisted, plain), {
    why: /nobody is called bob/,
  })
  t.equal(
    refusalOf(facts({ vault: nobody }), 'cut', { row: listed.row, active: null }, plain),
    null,
  )
  t.match(asked('cut', admin), { why: 'bob is of the tier admin', hint: /--admin$/ })
  t.match(asked('cut', admin, { isNow: true }), { why: /admin/ }, 'haste is no word for it')
  t.equal(asked('cut', admin, { isForAdmin: true }), null)
  t.match(asked('cut', listed), { why: /lists bob still/ })
  t.equal(asked('cut', listed, { isNow: true }), null, 'a cut that can’t wait')
  for (const stage of ['revoke', 'destroy'] as const)
    t.match(asked(stage, listed, { isNow: true }), { why: /lists bob still/ }, stage)
})

t.test('the order of the stages', async t => {
  for (const stage of ['revoke', 'destroy'] as const)
    for (const isNow of [false, true])
      t.match(asked(stage, unlisted, { isNow }), { why: 'the cut of bob is not complete' }, stage)
  t.match(asked('undo'), null)
})
