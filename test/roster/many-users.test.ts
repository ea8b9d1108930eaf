// A plan for 20,000 users is laid out, carried out and told as one for twenty: step by step, without looking at all of it each time.

import t from 'tap'
import { applySteps, type StepResult } from '../../src/roster/act.js'
import { dueToTell } from '../../src/roster/apply.js'
import type { PendingUser } from '../../src/roster/memory.js'
import { planRoster, type RosterStep } from '../../src/roster/plan.js'
import { planLines, resultLines, widthsOf } from '../../src/roster/roster-text.js'
import { aliceRow } from '../kit/roster-row.js'
import { newInVault } from '../kit/user-in-vault.js'

const names = Array.from({ length: 20_000 }, (_, at) => `user-${at}`)
const users = names.map(user => ({
  row: { ...aliceRow, user, vaultName: user },
  vault: newInVault,
  machine: { kind: 'none' as const },
}))
const facts = { host: 'ws1', users, ending: [], machineRoster: null }
const steps = planRoster(facts)

t.test('every step has its line, in the columns of all', async t => {
  t.equal(steps.length, 80_000)
  const lines = planLines(steps)
  t.equal(lines.length, steps.length)
  const widths = widthsOf(steps)
  const ended = (step: RosterStep): StepResult => ({ ...step, state: 'done', trouble: null })
  const results = steps.flatMap(step => resultLines(ended(step), widths))
  t.equal(results.at(-1), 'user-19999  hand-over      done         the wrapped token, printed once')
})

t.test('every user is begun, and who is done is told of', async t => {
  const kept = new Map<string, PendingUser>()
  const told: StepResult[] = []
  const { results, pending } = await applySteps(
    steps,
    { facts, users: new Map() },
    {},
    {
      vault: null,
      host: 'ws1',
      by: 'root@ws1',
      whyOf: () => 'They come',
      now: () => 0,
      recordFolder: 'workstation/claude-fleet',
      program: { node: '/nonexistent', script: '/nonexistent' },
      roster: null,
      handOver: null,
      keep: (user, entry) => kept.set(user, entry),
      onStep: result => told.push(result),
    },
  )
  t.same([results.length, told.length, kept.size], [80_000, 80_000, 20_000])
  const half = new Set(names.slice(0, 10_000))
  const done = results.map(each => ({
    ...each,
    state: half.has(each.user ?? '') ? ('done' as const) : each.state,
  }))
  const due = dueToTell(pending, { results: done, active: new Set(names), only: null })
  t.equal(due.messages[0]?.people.length, 10_000)
  t.equal(Object.keys(due.rest).length, 10_000)
})
