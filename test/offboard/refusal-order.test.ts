// What keeps a stage from being begun, and what to type instead.

import t from 'tap'
import { refusalOf, type Wishes } from '../../src/offboard/refusal.js'
import type { RosterSays } from '../../src/offboard/roster-says.js'
import {
  cutFacts,
  dayMs,
  deed,
  factsOf,
  machineOf,
  nowMs,
  revokedFacts,
  vaultOf,
} from '../kit/offboard-facts.js'
import { aliceRow } from '../kit/roster-row.js'

const wishes: Wishes = {
  caller: 'root',
  isForAdmin: false,
  isNow: false,
  isWithOthers: false,
  waitMs: 7 * dayMs,
}
const silent: RosterSays = { row: null, active: null }

t.test('the order of the stages', async t => {
  t.equal(refusalOf(factsOf(), 'cut', silent, wishes), null)
  t.match(refusalOf(factsOf(), 'revoke', silent, wishes), { why: /cut of alice is not complete/ })
  t.match(refusalOf(cutFacts(), 'destroy', silent, wishes), { why: /not revoked yet/ })
  t.match(refusalOf(revokedFacts(), 'destroy', silent, wishes), { why: /too young/, hint: /--now/ })
  t.equal(refusalOf(revokedFacts(), 'destroy', silent, { ...wishes, isNow: true }), null)
  t.equal(refusalOf(revokedFacts(), 'destroy', silent, { ...wishes, waitMs: dayMs }), null)
})

t.test('who is an admin, or oneself, or root, is not ended by a slip', async t => {
  const admin = { row: { ...aliceRow, isAdmin: true }, active: null }
  const root = factsOf({
    machine: machineOf({ account: { name: 'root', uid: 0, gid: 0, home: '/root' } }),
  })
  for (const [facts, roster, more] of [
    [factsOf(), admin, {}],
    [factsOf(), silent, { caller: 'alice' }],
    [root, silent, {}],
  ] as const) {
    t.match(refusalOf(facts, 'cut', roster, { ...wishes, ...more }), { hint: /--admin$/ })
    t.equal(refusalOf(facts, 'cut', roster, { ...wishes, ...more, isForAdmin: true }), null)
  }
})

t.test('an entity that opens the documents of others is named first', async t => {
  const facts = factsOf({ vault: vaultOf({ sharedWith: ['bob'] }) })
  t.match(refusalOf(facts, 'cut', silent, wishes), {
    why: /also that of bob/,
    hint: 'claude-auth offboard alice --stage cut --with-others',
  })
  t.equal(refusalOf(facts, 'cut', silent, { ...wishes, isWithOthers: true }), null)
})

t.test('a listed user', async t => {
  const listed = { row: aliceRow, active: 'HEAD:roster.yaml:3' }
  t.match(refusalOf(factsOf(), 'cut', listed, wishes), { why: /roster.yaml:3/ })
  t.equal(refusalOf(factsOf(), 'cut', listed, { ...wishes, isNow: true }), null)
  t.match(refusalOf(revokedFacts(), 'destroy', listed, { ...wishes, isNow: true }), {
    why: /lists alice still/,
  })
  const here = factsOf({ isHereOnly: true, vault: null })
  t.equal(refusalOf(here, 'cut', listed, wishes), null, 'asked where the stage began')
})

t.test('a user of whom nothing is known', async t => {
  const nothing = factsOf({ vault: vaultOf({ entities: [], documents: [] }), machine: null })
  t.match(refusalOf(nothing, 'cut', silent, wishes), { why: /nobody is called alice/ })
  t.equal(
    refusalOf({ ...nothing, deeds: [deed('offboard cut', 'x')] }, 'cut', silent, wishes),
    null,
  )
})

t.test('the way back', async t => {
  t.equal(refusalOf(cutFacts(), 'undo', silent, wishes), null)
  t.equal(refusalOf(factsOf(), 'undo', silent, wishes), null, 'twice')
  const entities = ['e1', 'e2'].map(id => ({
    id,
    mounts: ['token'],
    isDisabled: true,
    otherNames: [],
  }))
  const others = factsOf({ vault: vaultOf({ entities }) })
  t.match(refusalOf(others, 'undo', silent, wishes), {
    why: /no cut of alice is noted/,
    hint: 'bao write identity/entity/id/e1 disabled=false && bao write identity/entity/id/e2 disabled=false',
  })
  t.ok(nowMs > 0)
})
