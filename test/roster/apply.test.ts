// What an apply leaves behind: who is told of, those whose steps have all ended well, and the rows that the next one compares with.

import t from 'tap'
import type { StepResult } from '../../src/roster/act.js'
import { begunApplied, dueToTell, openEndings, untoldUsers } from '../../src/roster/apply.js'
import { removalsOf } from '../../src/roster/differences.js'
import { nextApplied, type Pending, type PendingUser } from '../../src/roster/memory.js'
import type { RosterRow } from '../../src/roster/roster-file.js'
import { untoldLines } from '../../src/roster/roster-text.js'

const result = (user: string, state: StepResult['state'], name: StepResult['name']) =>
  ({ user, state, name, detail: '', command: null, trouble: null }) satisfies StepResult
const told = (what: 'added' | 'cut', sentTo: string[] = []) =>
  ({ what, why: 'w', token: null, mintingSinceMs: null, sentTo }) satisfies PendingUser
const pending: Pending = {
  bob: told('added'),
  carol: told('added'),
  dan: told('cut', ['slack']),
  // Added by an earlier run, and listed no more; cut by one, and back.
  eva: told('added'),
  fay: told('cut'),
}
const results = [
  result('bob', 'done', 'mint-token'),
  result('bob', 'left', 'ask'),
  result('carol', 'failed', 'mint-token'),
  result('dan', 'done', 'cut'),
]
const active = new Set(['bob', 'carol', 'fay'])

t.test('the whole are told of, the failed wait, the stale are forgotten', async t => {
  const { messages, rest } = dueToTell(pending, { results, active, only: null })
  t.same(messages, [
    { people: [{ user: 'bob', what: 'added', why: 'w' }], sentTo: [] },
    { people: [{ user: 'dan', what: 'cut', why: 'w' }], sentTo: ['slack'] },
  ])
  t.same(Object.keys(rest), ['carol'])
})

t.test('of who rests, what is known of a token that is not noted is kept', async t => {
  const resting: Pending = {
    gil: { ...told('added'), mintingSinceMs: 1 },
    hal: { ...told('added'), token: { wrapping: 'w', accessor: 'a', endsAtMs: 1 } },
  }
  const due = dueToTell({ ...pending, ...resting }, { results, active, only: null })
  t.same(Object.keys(due.rest), ['carol', 'gil', 'hal'])
  t.equal(due.messages.length, 2)
})

t.test('users of whom the same sinks know nothing yet share a message', async t => {
  const both = { ...pending, dan: told('cut') }
  const { messages } = dueToTell(both, { results, active, only: null })
  t.same(
    messages.map(({ people }) => people.map(({ user }) => user)),
    [['bob', 'dan']],
  )
})

t.test('a run about one user tells of no other', async t => {
  const { messages, rest } = dueToTell(pending, { results, active, only: 'dan' })
  t.same(
    messages.flatMap(({ people }) => people.map(({ user }) => user)),
    ['dan'],
  )
  t.same(Object.keys(rest), ['bob', 'carol'])
})

t.test('a plan knows whose message waits for the next apply alone', async t => {
  const steps = [{ ...result('carol', 'to-do', 'mint-token'), detail: '' }]
  const rows = ['bob', 'carol', 'fay'].map(user => ({ user }) as RosterRow)
  const prepared = { pending, steps, differences: { active: rows, ending: [] } }
  t.same(untoldUsers(prepared, null), ['bob', 'dan'])
  t.same(untoldUsers(prepared, 'dan'), ['dan'])
  t.same(untoldUsers({ ...prepared, pending: {} }, null), [])
  t.same(untoldLines(['bob', 'dan']), ['Not delivered yet: the message about bob, dan.'])
  t.same(untoldLines([]), [])
})

const nowMs = Date.parse('2026-11-29T12:00:00Z')
const row = (user: string, more: { leftOn?: string; vaultName?: string } = {}) => ({
  user,
  vaultName: user,
  isAdmin: false,
  leftOn: null,
  ...more,
})
const gone = { leftOn: '2026-11-28' }
const before = ['ada', 'bob', 'carol', 'dan', 'eva'].map(user => row(user))
const committed = [row('ada'), row('bob', gone), row('carol', gone), row('fay')]
const removed = (from: typeof before, allowed: number | null = null) =>
  removalsOf(from, committed, { nowMs, allowed })

t.test('a killed apply counts the same removals when it is given again', async t => {
  const begun = begunApplied(before, committed, { nowMs, only: null })
  t.same(removed(before, 4).refused, null)
  t.same(removed(begun, 4).refused, null)
  t.same(removed(begun).users.sort(), ['bob', 'carol', 'dan', 'eva'])
  t.match(begun, [row('ada'), row('bob'), row('carol'), row('fay'), row('dan'), row('eva')])
  t.same(begunApplied(begun, committed, { nowMs, only: null }), begun)
})

t.test('who comes, comes back or has another name is in it before the first step', async t => {
  const earlier = [row('ada'), row('gil', gone)]
  const now = [row('ada', { vaultName: 'ada2' }), row('gil'), row('fay')]
  t.same(begunApplied(earlier, now, { nowMs, only: null }), now)
})

t.test(
  'a cut that failed counts as a removal again, what is left to a person does not',
  async t => {
    const ending = [
      { user: 'bob', because: 'left' },
      { user: 'carol', because: 'left' },
      { user: 'dan', because: 'vanished' },
      { user: 'eva', because: 'vanished' },
    ] as const
    const ended = [
      result('bob', 'failed', 'cut'),
      result('carol', 'done', 'cut'),
      result('carol', 'left', 'ask'),
      result('dan', 'failed', 'cut'),
      result('eva', 'done', 'cut'),
    ]
    const open = openEndings(ending, ended)
    t.same([...open], ['bob', 'dan'])
    t.same(removed(nextApplied(before, committed, { open, only: null })).users, ['bob', 'dan'])
  },
)
