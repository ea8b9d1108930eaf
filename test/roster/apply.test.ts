// Who is told of after an apply: those whose steps have all ended well, and nobody of whom there is nothing to tell.

import t from 'tap'
import type { StepResult } from '../../src/roster/act.js'
import { dueToTell } from '../../src/roster/apply.js'
import type { Pending, PendingUser } from '../../src/roster/memory.js'

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
