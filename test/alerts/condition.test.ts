// One message when a condition begins, one when it is over, and bounded when it will not settle.

import fc from 'fast-check'
import t from 'tap'
import { afterDelivery, loginEndsCondition, nextAlert } from '../../src/alerts/condition.js'
import {
  type AlertCondition,
  type AlertMemory,
  type AlertMessage,
  emptyAlertMemory,
  readAlertMemory,
} from '../../src/alerts/memory.js'
import { signInReasons } from '../../src/policy/outcome.js'
import { makeTrouble } from '../../src/system/trouble.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const startMs = Date.parse('2026-12-12T09:00:00Z')
const needed: AlertCondition = { kind: 'sign-in', because: 'grant-refused' }

type Network = 'up' | 'down' | 'slack-only'

/** Runs one after the other, each with the memory as `state.json` would give it back. */
function story() {
  let memory: AlertMemory = emptyAlertMemory
  const sent: { atMs: number; message: AlertMessage }[] = []
  let tries = 0
  const run = (condition: AlertCondition | null, atMs: number, network: Network = 'up') => {
    const next = nextAlert(readAlertMemory(JSON.parse(JSON.stringify(memory))), condition, atMs)
    memory = next.memory
    if (next.messages.length === 0) return []
    tries++
    if (network === 'down') memory = afterDelivery(memory, next.messages, atMs)
    else if (network === 'slack-only') {
      const left = next.messages.map(message => ({ ...message, sentTo: ['slack'] }))
      memory = afterDelivery(memory, left, atMs)
    } else memory = afterDelivery(memory, [], atMs)
    if (network !== 'down') sent.push(...next.messages.map(message => ({ atMs, message })))
    return next.messages.map(message => message.kind)
  }
  return { run, sent, memory: () => memory, tries: () => tries }
}

t.test('1,000 runs in one condition send one message, whatever its reason becomes', async t => {
  const { run, sent } = story()
  const reasons = signInReasons.filter(because => because !== 'signed-out')
  for (let i = 0; i < 1_000; i++) {
    run(
      { kind: 'sign-in', because: reasons[i % reasons.length] ?? 'login-lost' },
      startMs + i * 1e6,
    )
  }
  t.equal(sent.length, 1)
  t.same(run(null, startMs + 1e10), ['sign-in-over'])
  t.same(run(null, startMs + 2e10), [])
})

t.test('the message tells since when, never a time to come', async t => {
  const { run, sent } = story()
  run({ ...needed, sinceMs: startMs - hourMs }, startMs)
  run(null, startMs + dayMs)
  run({ ...needed, sinceMs: startMs + 9 * dayMs }, startMs + 2 * dayMs)
  const since = sent.map(({ message }) => message.sinceMs)
  t.same(since, [startMs - hourMs, startMs - hourMs, startMs + 2 * dayMs])
})

t.test('a log-out is told to nobody and closes an open condition silently', async t => {
  const out: AlertCondition = { kind: 'sign-in', because: 'signed-out' }
  const { run } = story()
  t.same(run(out, startMs), [])
  t.same(run(needed, startMs + 1), ['sign-in-needed'])
  t.same(run(out, startMs + 2), [])
  t.same(run(null, startMs + 3), [])
})

t.test(
  'what could not be delivered is tried again, later and later, with the reason of now',
  async t => {
    const { run, sent, tries } = story()
    for (let atMs = startMs; atMs < startMs + dayMs; atMs += minuteMs) run(needed, atMs, 'down')
    t.ok(tries() < 35, `${tries()} tries in a day`)
    t.same(sent, [])
    t.same(run({ kind: 'sign-in', because: 'login-ended' }, startMs + 2 * dayMs), [
      'sign-in-needed',
    ])
    t.match(sent[0]?.message, { because: 'login-ended', sinceMs: startMs })
    t.same(run(needed, startMs + 3 * dayMs), [])
  },
)

t.test('a new message waits for no pause that an earlier one left', async t => {
  const near: AlertCondition = { kind: 'login-ends', withinMs: dayMs, endsAtMs: startMs + hourMs }
  const { run } = story()
  for (let atMs = startMs; atMs < startMs + hourMs; atMs += minuteMs) run(near, atMs, 'down')
  t.same(run(near, startMs + hourMs, 'down'), [], 'the pause is long by now')
  t.same(run(needed, startMs + hourMs + 1), ['sign-in-needed'])

  const network = fc.constantFrom<Network>('up', 'down', 'slack-only')
  const condition = fc.constantFrom<AlertCondition | null>(null, needed, near)
  const steps = fc.array(fc.record({ condition, network, afterMs: fc.nat(20 * minuteMs) }))
  fc.assert(
    fc.property(steps, each => {
      const { run, memory } = story()
      const known = new Set<string>()
      let atMs = startMs
      for (const { condition, network, afterMs } of each) {
        atMs += afterMs
        const before = memory()
        const { memory: next, messages } = nextAlert(before, condition, atMs)
        const told = new Set(messages.map(({ id }) => id))
        const fresh = next.pending.filter(({ id }) => !known.has(id))
        if (!fresh.every(({ id }) => told.has(id))) return false
        for (const { id } of next.pending) known.add(id)
        run(condition, atMs, network)
      }
      return true
    }),
  )
})

t.test('a condition that ended before anybody heard of it is never told', async t => {
  const { run, memory } = story()
  t.same(run(needed, startMs, 'down'), ['sign-in-needed'])
  t.same(run(null, startMs + hourMs), [])
  t.same(memory().pending, [])
  t.same(run(needed, startMs + dayMs), ['sign-in-needed'])
  t.same(run(null, startMs + dayMs + 1, 'down'), ['sign-in-over'])
  t.same(run(needed, startMs + dayMs + 2), [], 'an end that nobody heard of is taken back too')
  t.same(run(null, startMs + 2 * dayMs), ['sign-in-over'])
})

t.test('only who heard of the begin hears of the end', async t => {
  const { run, sent } = story()
  run(needed, startMs, 'slack-only')
  run(null, startMs + minuteMs)
  t.match(sent[1]?.message, { kind: 'sign-in-over', only: ['slack'] })
})

t.test('a clock set back does not silence for ever', async t => {
  const { run } = story()
  run(needed, startMs + 400 * dayMs, 'down')
  t.same(run(needed, startMs), ['sign-in-needed'])
})

t.test('flapping: four messages, then silence, then one that sums up', async t => {
  const { run, sent } = story()
  for (let i = 0; i < 60; i++) run(i % 2 === 0 ? needed : null, startMs + i * 10_000)
  t.equal(sent.length, 4)
  t.same(run(null, startMs + 19 * minuteMs), [], 'not settled yet')
  t.same(run(null, startMs + 20 * minuteMs), ['sign-in-unsteady'])
  t.match(sent[4]?.message, { needed: false, changes: 56 })
  t.same(run(null, startMs + 9 * hourMs), [])
})

t.test(
  'however it flaps, no hour has more than five messages, and the last one is true',
  async t => {
    const steps = fc.array(
      fc.record({
        needed: fc.boolean(),
        afterMs: fc.oneof(fc.nat(90_000), fc.nat(20 * minuteMs), fc.nat(3 * hourMs)),
      }),
      { maxLength: 120 },
    )
    const told = (message: AlertMessage | undefined) =>
      message?.kind === 'sign-in-needed' || (message?.kind === 'sign-in-unsteady' && message.needed)
    fc.assert(
      fc.property(steps, flaps => {
        const { run, sent } = story()
        let atMs = startMs
        let last: AlertCondition | null = null
        for (const flap of flaps) {
          atMs += flap.afterMs
          last = flap.needed ? needed : null
          run(last, atMs)
        }
        for (let i = 1; i <= 12; i++) run(last, atMs + i * 15 * minuteMs)
        for (const { atMs: from } of sent) {
          const inHour = sent.filter(other => other.atMs >= from && other.atMs < from + hourMs)
          if (inHour.length > 5) return false
          if (inHour.filter(({ message }) => message.kind !== 'sign-in-unsteady').length > 4)
            return false
        }
        return told(sent.at(-1)?.message) === (last !== null)
      }),
      { numRuns: 300 },
    )
    t.pass()
  },
)

t.test(
  'with a bad network at most one sign-in message waits, and all comes right in the end',
  async t => {
    const network = fc.constantFrom<Network>('up', 'down', 'slack-only')
    const steps = fc.array(fc.record({ needed: fc.boolean(), network, afterMs: fc.nat(hourMs) }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(steps, flaps => {
        const { run, memory } = story()
        let atMs = startMs
        for (const flap of flaps) {
          atMs += flap.afterMs
          run(flap.needed ? needed : null, atMs, flap.network)
          if (memory().pending.length > 1) return false
        }
        for (let i = 1; i <= 12; i++) run(null, atMs + i * hourMs)
        return memory().pending.length === 0 && memory().signIn === null
      }),
      { numRuns: 300 },
    )
    t.pass()
  },
)

t.test(
  'each early warning comes once, only the nearest of several, and anew for a later end',
  async t => {
    const before = [7 * dayMs, 3 * dayMs, dayMs]
    const endsAtMs = startMs + 10 * dayMs
    const { run, sent } = story()
    const at = (daysLeft: number, end = endsAtMs) => {
      const nowMs = end - daysLeft * dayMs
      return run(loginEndsCondition(end, before, nowMs), nowMs)
    }
    t.same(at(8), [])
    t.same(at(7), ['login-ends'])
    t.same(at(6.9), [])
    t.same(at(3.1), [])
    t.same(at(0.5), ['login-ends'], 'three days and one day passed at once: one message')
    t.same(at(0.4), [])
    t.same(at(0.4, endsAtMs + minuteMs), [], 'the same end, a minute off')
    t.same(at(8, endsAtMs + 30 * dayMs), [])
    t.same(at(2, endsAtMs + 30 * dayMs), ['login-ends'])
    t.same(at(2, endsAtMs), [], 'an earlier end again: warned about that already')
    t.equal(sent.length, 3)
  },
)

t.test('a warning that nobody got is taken back when the end is no longer near', async t => {
  const { run, memory } = story()
  const near: AlertCondition = { kind: 'login-ends', withinMs: dayMs, endsAtMs: startMs + hourMs }
  t.same(run(near, startMs, 'down'), ['login-ends'])
  t.same(run(null, startMs + hourMs), [])
  t.same(memory().pending, [])
  t.same(run(near, startMs + 2 * hourMs), ['login-ends'])
})

t.test('no warning for an end that is unknown, past or far', async t => {
  t.equal(loginEndsCondition(null, [dayMs], startMs), null)
  t.equal(loginEndsCondition(startMs, [dayMs], startMs), null)
  t.equal(loginEndsCondition(startMs + 2 * dayMs, [dayMs], startMs), null)
  t.equal(loginEndsCondition(startMs + 1, [], startMs), null)
})

t.test(
  'why a message waits is kept as a value; the text of an earlier version is read as one',
  async t => {
    const trouble = makeTrouble('slack: /h is readable by others', { command: 'chmod 600 /h' })
    const retry = { atMs: 1, failures: 2, trouble }
    t.same(readAlertMemory({ retry }).retry, retry)
    const why = 'slack: /h is readable by others; type: chmod 600 /h'
    t.same(readAlertMemory({ retry: { atMs: 1, failures: 2, why } }).retry, retry)
    t.same(readAlertMemory({ retry: { atMs: 1, failures: 2, why: '' } }).retry?.trouble, null)
  },
)

t.test('a damaged memory counts as never sent, piece by piece', async t => {
  const kept = nextAlert(emptyAlertMemory, needed, startMs).memory
  t.same(readAlertMemory(JSON.parse(JSON.stringify(kept))), kept)
  for (const value of [null, 7, 'x', [], {}]) t.same(readAlertMemory(value), emptyAlertMemory)
  const damaged = readAlertMemory({
    ...kept,
    signIn: { sinceMs: 'x', because: 'grant-refused' },
    warned: { endsAtMs: 1 },
    pending: [null, {}, { ...kept.pending[0], kind: 'other' }, ...kept.pending],
    sentAtMs: [null, 'x', 5],
    count: -0.5,
  })
  t.same(damaged, { ...kept, signIn: null, sentAtMs: [5], count: 0 })
  fc.assert(
    fc.property(fc.anything(), fc.integer(), (value, nowMs) => {
      nextAlert(readAlertMemory(value), needed, nowMs)
    }),
  )
})
