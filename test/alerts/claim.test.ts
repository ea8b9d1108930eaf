// Of several hosts on one path one tells: the rule over the claim, case by case and in any order of steps.

import fc from 'fast-check'
import t from 'tap'
import {
  type DocumentClaim,
  judgeClaim,
  judgeClaims,
  type Question,
  withClaimIds,
} from '../../src/alerts/claim.js'
import { afterDelivery, nextAlert } from '../../src/alerts/condition.js'
import {
  type AlertCondition,
  type AlertMemory,
  type AlertMessage,
  emptyAlertMemory,
  readAlertMemory,
} from '../../src/alerts/memory.js'
import type { AlertClaim } from '../../src/store/document.js'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const nowMs = Date.parse('2026-12-12T09:00:00Z')
const needed: AlertCondition = { kind: 'sign-in', because: 'grant-refused' }

const base = { atMs: nowMs, sinceMs: nowMs, sentTo: [], only: null, claimId: 'ours' }
const begin: AlertMessage = { ...base, id: 'b', kind: 'sign-in-needed', because: 'grant-refused' }
const end: AlertMessage = { ...base, id: 'e', kind: 'sign-in-over', because: 'grant-refused' }
const warning: AlertMessage = { ...base, id: 'w', kind: 'login-ends', endsAtMs: nowMs + dayMs }
const summary = (isNeeded: boolean): AlertMessage => ({
  ...base,
  id: 's',
  kind: 'sign-in-unsteady',
  changes: 9,
  needed: isNeeded,
  because: isNeeded ? 'grant-refused' : null,
})

const theirs = { id: 'theirs', by: 'alice@two', atMs: nowMs - minuteMs }
const signIn = (about: string | null, more: object = {}): AlertClaim => ({
  signIn: { ...theirs, about, over: null, ...more },
  warned: null,
  steady: null,
})
const judge = (
  message: AlertMessage,
  claim: AlertClaim | null,
  more: Partial<DocumentClaim & Question> = {},
) => {
  const { about = 'x', moved = false, ...question } = more
  const asked = { message, withinMs: dayMs, known: null, by: 'alice@one', nowMs, ...question }
  return judgeClaim({ claim, about, moved }, asked)
}

t.test('who needs it first claims it, the others leave it to that host', async t => {
  t.match(judge(begin, null), {
    do: 'send',
    claim: { signIn: { id: 'ours', by: 'alice@one', about: 'x', over: null } },
  })
  t.same(judge(begin, signIn('x')), { do: 'leave', id: 'theirs' })
  t.same(judge(summary(true), signIn('x')), { do: 'leave', id: 'theirs' })
  const ours = signIn('x', { id: 'ours' })
  t.same(judge(begin, ours), { do: 'send', claim: ours }, 'a run that was killed claimed it')
})

t.test('a stale claim silences nobody', async t => {
  const stale = [
    signIn('another login'),
    signIn('x', { atMs: nowMs - 7 * dayMs }),
    signIn('x', { atMs: nowMs + 7 * dayMs }),
    signIn('x', { over: { ...theirs, atMs: nowMs - dayMs } }),
  ]
  for (const claim of stale) t.match(judge(begin, claim), { claim: { signIn: { id: 'ours' } } })
  const known = { id: 'theirs', alone: false }
  t.match(judge(begin, signIn('x'), { known }), { do: 'send' }, 'our condition of then is over')
  for (const offMs of [-60, 60])
    t.match(judge(begin, signIn('x', { atMs: nowMs + offMs * minuteMs })), { do: 'leave' })
})

t.test('a login that came meanwhile is looked at before anybody is told', async t => {
  t.same(judge(begin, null, { moved: true }), { do: 'wait' })
  t.same(judge(begin, signIn('x', { over: { ...theirs, atMs: nowMs - 1000 } })), { do: 'wait' })
  const by = 'alice@one'
  t.match(judge(begin, signIn('x', { over: { ...theirs, by, atMs: nowMs - 1000 } })), {
    do: 'send',
  })
})

t.test('the end is told by who finds it first, of those who knew', async t => {
  const known = { id: 'theirs', alone: false }
  t.match(judge(end, signIn('x'), { known, about: 'y' }), {
    do: 'send',
    claim: { signIn: { id: 'theirs', over: { id: 'ours', by: 'alice@one' } } },
  })
  const over = signIn('x', { over: { ...theirs, id: 'third' } })
  t.match(judge(end, over, { known }), { do: 'leave' })
  t.match(judge(end, null, { known }), { do: 'leave' })
  const ours = signIn('x', { over: { ...theirs, id: 'ours' } })
  t.same(judge(end, ours, { known }), { do: 'send', claim: ours }, 'a killed run ended it')
  t.match(judge(end, signIn('y', { id: 'later' }), { known, about: 'y' }), { do: 'leave' })
  t.match(judge(end, signIn('y', { id: 'later' }), { known, about: 'z' }), {
    do: 'send',
    claim: { signIn: { over: { id: 'ours' } } },
  })
  for (const alone of [null, { id: 'was', alone: true }])
    t.same(judge(end, null, { known: alone }), { do: 'send', claim: null }, 'told without a claim')
})

t.test('a warning is told once for each time before the same end', async t => {
  const warned = { id: 'theirs', by: '', endsAtMs: nowMs + dayMs + minuteMs, withinMs: dayMs }
  const claim: AlertClaim = { signIn: null, steady: null, warned }
  t.match(judge(warning, claim), { do: 'leave' })
  t.match(judge(warning, claim, { withinMs: 3 * dayMs }), { do: 'leave' }, 'a nearer one was told')
  t.match(judge(warning, claim, { withinMs: dayMs / 2 }), { claim: { warned: { id: 'ours' } } })
  const another = { ...claim, warned: { ...warned, endsAtMs: nowMs + 9 * dayMs } }
  t.match(judge(warning, another), { claim: { warned: { id: 'ours', endsAtMs: nowMs + dayMs } } })
})

t.test('of several hosts one sums up in an hour, and what the others claimed stays', async t => {
  const known = { id: 'theirs', alone: false }
  const first = judge(summary(false), signIn('x'), { known })
  t.match(first, { claim: { signIn: { over: { id: 'ours' } }, steady: { id: 'ours' } } })
  const steady = { ...theirs }
  t.match(judge(summary(false), { signIn: null, warned: null, steady }, { known }), { do: 'leave' })
  const old = { ...theirs, atMs: nowMs - dayMs }
  const warned = { id: 'w', by: '', endsAtMs: 1, withinMs: 1 }
  const later = judge(summary(false), { signIn: null, warned, steady: old }, { known })
  t.match(later, { claim: { steady: { id: 'ours' }, warned: { id: 'w' } } })
})

t.test('without knowing what stands there all is sent, and told again as such', async t => {
  const decided = nextAlert(emptyAlertMemory, needed, nowMs).memory
  const by = { by: 'alice@one', nowMs }
  const alone = judgeClaims(
    withClaimIds(decided, () => 'n'),
    null,
    by,
  )
  t.match(alone, { messages: [{ claimId: 'n' }], memory: { claim: { id: 'n', alone: true } } })
  t.notOk(alone.messages[0]?.claimed, 'asked again if it has to be sent again')
  const after = afterDelivery(alone.memory, [], nowMs)
  const over = nextAlert(after, null, nowMs + 1).memory
  const found = { claim: null, about: 'y', moved: false }
  t.match(judgeClaims(over, found, by).messages, [{ kind: 'sign-in-over' }])
})

// Hosts that take turns step by step, on one document with check-and-set.

interface Document {
  version: number
  login: string
  isGood: boolean
  claim: AlertClaim | null
}

function world(hosts: number) {
  const document: Document = { version: 1, login: 'dead', isGood: false, claim: null }
  const sent: string[] = []
  let names = 0
  const memories = Array.from({ length: hosts }, (): AlertMemory => emptyAlertMemory)
  const running: (Generator<undefined, void> | null)[] = Array(hosts).fill(null)

  /** One run of a host; each `yield` is a moment in which the others may do anything. */
  function* run(host: number, network: 'up' | 'down'): Generator<undefined, void> {
    const asked = { ...document }
    yield
    const before = readAlertMemory(JSON.parse(JSON.stringify(memories[host])))
    const next = nextAlert(before, asked.isGood ? null : needed, nowMs)
    memories[host] = next.memory
    if (next.messages.length === 0) return
    const named = withClaimIds(next.memory, () => `${host}-${names++}`)
    memories[host] = named
    for (;;) {
      const read = { ...document }
      yield
      const moved = read.login !== asked.login
      const found = { claim: read.claim, about: read.login, moved }
      const judged = judgeClaims(named, found, { by: `alice@${host}`, nowMs })
      if (judged.claim !== null) {
        if (document.version !== read.version) continue
        document.version++
        document.claim = judged.claim
      }
      yield
      memories[host] = judged.memory
      if (judged.messages.length === 0) return
      const waiting = judged.memory.pending.filter(({ claimed }) => !claimed)
      const left = network === 'up' ? [] : judged.messages
      if (network === 'up') sent.push(...judged.messages.map(({ kind }) => kind))
      const after = afterDelivery(judged.memory, left, nowMs - 120 * minuteMs)
      memories[host] = { ...after, pending: [...after.pending, ...waiting] }
      return
    }
  }

  return {
    sent,
    document,
    /** A step of this host: of the run it is in, or the first of a new one. */
    step: (host: number, network: 'up' | 'down' = 'up') => {
      const going = running[host] ?? run(host, network)
      running[host] = going.next().done ? null : going
    },
    finish: (host: number) => {
      while (running[host]) running[host] = running[host]?.next().done ? null : running[host]
    },
    /** A killed process: its host begins anew with what it had remembered. */
    kill: (host: number) => {
      running[host] = null
    },
    signIn: (login: string, isGood: boolean) => {
      Object.assign(document, { version: document.version + 1, login, isGood })
    },
  }
}

const steps = (hosts: number) => fc.array(fc.nat(hosts - 1), { maxLength: 60 })

for (const hosts of [2, 3])
  t.test(`${hosts} hosts in any order: one begin and one end, each time`, async t => {
    const story = fc.array(fc.tuple(steps(hosts), steps(hosts)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(story, conditions => {
        const { step, finish, signIn, sent } = world(hosts)
        return conditions.every(([whileNeeded, whileGood], i) => {
          const before = sent.length
          signIn(`dead ${i}`, false)
          for (const host of whileNeeded) step(host)
          signIn(`good ${i}`, true)
          for (const host of whileGood) step(host)
          // In the end all are awake.
          for (let host = 0; host < hosts; host++) {
            finish(host)
            step(host)
            finish(host)
          }
          // A begin on its way when another host signs in may arrive after the end.
          const now = sent.slice(before).sort().join()
          return now === '' || now === 'sign-in-needed,sign-in-over'
        })
      }),
      { numRuns: 2_000 },
    )
    t.pass()
  })

t.test('all who need it at once: exactly one begin, and exactly one end', async t => {
  fc.assert(
    fc.property(steps(3), steps(3), (first, second) => {
      const { step, finish, signIn, sent } = world(3)
      const all = [0, 1, 2]
      for (const host of [...all, ...first]) step(host)
      all.forEach(finish)
      if (sent.join() !== 'sign-in-needed') return false
      signIn('good', true)
      for (const host of [...all, ...second]) step(host)
      all.forEach(finish)
      return sent.join() === 'sign-in-needed,sign-in-over'
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

t.test('killed anywhere, nothing is lost: at most the same message again', async t => {
  const turn = fc.record({ host: fc.nat(1), dies: fc.boolean() })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 40 }), turns => {
      const { step, kill, finish, signIn, sent } = world(2)
      const take = () => {
        for (const { host, dies } of turns) {
          step(host)
          if (dies) kill(host)
        }
        for (const host of [0, 1]) {
          kill(host)
          step(host)
          finish(host)
        }
      }
      take()
      signIn('good', true)
      take()
      const distinct = sent.filter((kind, i) => kind !== sent[i - 1])
      return distinct.join() === 'sign-in-needed,sign-in-over'
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

t.test('who claimed and could not deliver tries again, and nobody else tells', async t => {
  const { step, finish, sent } = world(2)
  step(0, 'down')
  finish(0)
  for (const host of [1, 0, 1, 0]) {
    step(host)
    finish(host)
  }
  t.same(sent, ['sign-in-needed'])
})
