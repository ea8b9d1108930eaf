// Who is told of after an apply: those whose steps have all ended well, and nobody of whom there is nothing to tell.

import t from 'tap'
import type { StepResult } from '../../src/roster/act.js'
import { dueToTell } from '../../src/roster/due-to-tell.js'
import type { Pending } from '../../src/roster/pending.js'

const result = (user: string, state: StepResult['state'], name: StepResult['name']) =>
  ({ user, state, name, detail: '', command: null, trouble: null }) satisfies StepResult
const pending: Pending = {
  bob: { what: 'added', why: 'w', token: null },
  carol: { what: 'added', why: 'w', token: null },
  dan: { what: 'cut', why: 'w', token: null },
  // Added by an earlier run, and listed no more; cut by one, and back.
  eva: { what: 'added', why: 'w', token: null },
  fay: { what: 'cut', why: 'w', token: null },
}
const results = [
  result('bob', 'done', 'mint-token'),
  result('bob', 'left', 'ask'),
  result('carol', 'failed', 'mint-token'),
  result('dan', 'done', 'cut'),
]
const active = new Set(['bob', 'carol', 'fay'])

t.test('the whole are told of, the failed wait, the stale are forgotten', async t => {
  const due = dueToTell(pending, { results, active, only: null })
  t.same(
    due.people.map(({ user, what }) => `${user} ${what}`),
    ['bob added', 'dan cut'],
  )
  t.same(Object.keys(due.delivered), ['carol'])
})

t.test('a run about one user tells of no other', async t => {
  const due = dueToTell(pending, { results, active, only: 'dan' })
  t.same(
    due.people.map(({ user }) => user),
    ['dan'],
  )
  t.same(Object.keys(due.delivered), ['bob', 'carol'])
})
