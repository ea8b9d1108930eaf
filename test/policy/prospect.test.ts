// What lies ahead of a login: as the rule will decide, and no more than that.

import fc from 'fast-check'
import t from 'tap'
import type { Prospect } from '../../src/policy/outcome.js'
import { isToBeBackedUp, prospectOf } from '../../src/policy/prospect.js'
import type { State } from '../../src/policy/state.js'
import { anyState } from '../kit/any-state.js'
import { cases } from '../kit/cases.js'
import * as given from '../kit/states.js'

const { nowMs, hourMs, inFile, inStore, state } = given
const free = { observes: false, isHindered: false }
const a = given.login('a')
const due = given.due('a')
const sealed = given.withoutRefresh(a)

const table: [name: string, facts: Partial<State>, expected: Prospect][] = [
  ['all is well', {}, { kind: 'renewed', isDue: false }],
  ['it is due', { file: inFile(due) }, { kind: 'renewed', isDue: true }],
  ['it has ended', { file: inFile(given.expired('a')) }, { kind: 'renewed', isDue: true }],
  [
    'its token is refused',
    { verification: given.checked(a, 'refused') },
    { kind: 'renewed', isDue: true },
  ],
  ['the grant is spent', { spent: ['a-refresh'] }, { kind: 'sign-in', because: 'grant-refused' }],
  [
    'the grant is spent, the token refused',
    { spent: ['a-refresh'], verification: given.checked(a, 'refused'), store: { kind: 'empty' } },
    { kind: 'sign-in', because: 'grant-refused' },
  ],
  ['sealed', { custody: 'sole', file: inFile(sealed) }, { kind: 'renewed', isDue: false }],
  [
    'sealed, and the store does not open',
    { custody: 'sole', file: inFile(sealed), store: { kind: 'denied' } },
    { kind: 'hindered', because: 'store' },
  ],
  [
    'sealed, and the store is empty',
    { custody: 'sole', file: inFile(sealed), store: { kind: 'empty' }, storedAccessHash: null },
    { kind: 'ends', because: 'login-lost' },
  ],
  [
    'another host uses it, and the store is away',
    { usedByOthers: true, store: inStore(a, false, true) },
    { kind: 'hindered', because: 'store' },
  ],
  [
    'an answer was lost',
    { maybeSpent: [{ hash: 'a-refresh', tries: 1 }] },
    { kind: 'hindered', because: 'no-answer' },
  ],
  [
    'a pause after failures is no end',
    { file: inFile(due), backOff: { hash: 'a-refresh', nextTryAtMs: nowMs + hourMs } },
    { kind: 'renewed', isDue: true },
  ],
  [
    'the sign-in ends before the next renewal',
    { file: inFile(given.login('a', { loginEndsAtMs: nowMs + hourMs })) },
    { kind: 'ends', because: 'login-ended' },
  ],
  [
    'blank, with a copy',
    { file: given.blank(), store: inStore(a), verification: null },
    { kind: 'restored' },
  ],
  [
    'missing, without a copy',
    { file: { kind: 'missing' }, store: { kind: 'empty' } },
    { kind: 'sign-in', because: 'login-lost' },
  ],
  [
    'another account',
    { verification: given.checked(a, 'accepted', { rightIdentity: false }) },
    { kind: 'sign-in', because: 'wrong-identity' },
  ],
  [
    'a copy of this machine may hold it',
    { contestedHash: 'a-refresh' },
    { kind: 'renewed', isDue: false, isLate: true },
  ],
  [
    'the same, and its document answers',
    { contestedHash: 'a-refresh', isRemote: true },
    { kind: 'renewed', isDue: false },
  ],
  [
    'the same, and its document is away',
    { contestedHash: 'a-refresh', isRemote: true, store: inStore(a, false, true) },
    { kind: 'renewed', isDue: false, isLate: true },
  ],
  ['switched off', { mode: 'off' }, { kind: 'left', because: 'off' }],
  ['another credential', { otherCredential: true }, { kind: 'left', because: 'other-credential' }],
  ['another owner', { owned: false }, { kind: 'left', because: 'not-ours' }],
  [
    'long-lived',
    { file: inFile(given.login('l', { refreshHash: null, expiresAtMs: null })), held: null },
    { kind: 'lasting' },
  ],
]

for (const [name, facts, expected] of table)
  t.test(`${name}: ${Object.values(expected).join(' ')}`, async t => {
    t.same(prospectOf(state(facts), nowMs, free), expected)
    const closed = prospectOf(state(facts), nowMs, { ...free, isHindered: true })
    const isAct = expected.kind === 'renewed' || expected.kind === 'restored'
    t.same(closed, isAct ? { kind: 'hindered', because: 'here' } : expected, 'nothing can be saved')
    const observed = prospectOf(state(facts), nowMs, { ...free, observes: true })
    t.not(observed.kind, 'renewed', 'who only observes renews nothing')
    t.not(observed.kind, 'restored')
  })

t.test('it is total, and never promises a spent token', async t => {
  const holds = (facts: State) => {
    const prospect = prospectOf(facts, nowMs, free)
    const copies = [facts.file.kind === 'login' ? facts.file.login : null, facts.held]
    const stored = facts.store.kind === 'current' ? facts.store.login : null
    const hashes = [...copies, stored].flatMap(each => each?.refreshHash ?? [])
    const isHopeless = hashes.every(hash => facts.spent.includes(hash))
    return !(prospect.kind === 'renewed' && isHopeless)
  }
  fc.assert(fc.property(anyState, holds), { numRuns: cases })
  t.pass()
})

t.test('a copy is promised only where a run gets as far as that', async t => {
  const unstored = { store: { kind: 'empty' }, storedAccessHash: null } as const
  const dead = { ...unstored, spent: ['a-refresh'], verification: given.checked(a, 'refused') }
  const told = (facts: Partial<State>, hindrance = free) =>
    isToBeBackedUp(state(facts), nowMs, hindrance)
  t.equal(told(unstored), true)
  t.equal(told({ ...unstored, pending: { nextTryAtMs: nowMs + hourMs } }), true)
  t.equal(told(dead), false, 'a login that is over')
  t.equal(told({ ...unstored, mode: 'off' }), false)
  t.equal(told({ ...unstored, file: { kind: 'missing' } }), false)
  t.equal(told({ store: { kind: 'none' } }), false)
  t.equal(told(unstored, { ...free, isHindered: true }), false)
  t.equal(told(unstored, { ...free, observes: true }), false)
})
