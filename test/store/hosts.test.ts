// Which hosts use a shared document: known, refreshed, and forgotten in time.

import t from 'tap'
import { hostsOf, othersSeenAtMs, registered } from '../../src/store/intent.js'

const nowMs = 1_800_000_000_000
const dayMs = 86_400_000

t.test('a host puts itself beside the others, and once only', async t => {
  const keys = registered({ b: { host: 'two', seenAtMs: nowMs - dayMs } }, 'a', 'one', nowMs)
  const hosts = hostsOf(JSON.parse(JSON.stringify(keys))['claude_auth_hosts'])
  t.same(hosts, {
    b: { host: 'two', seenAtMs: nowMs - dayMs },
    a: { host: 'one', seenAtMs: nowMs },
  })
  t.equal(registered(hosts, 'a', 'one', nowMs + dayMs), null)
  t.ok(registered(hosts, 'a', 'one', nowMs + 8 * dayMs), 'seen lately means within a week')
})

t.test('others are those that were seen within weeks', async t => {
  const hosts = {
    a: { host: 'one', seenAtMs: nowMs },
    b: { host: 'two', seenAtMs: nowMs - 3 * dayMs },
    c: { host: 'old', seenAtMs: nowMs - 90 * dayMs },
  }
  t.equal(othersSeenAtMs(hosts, 'a', nowMs), nowMs - 3 * dayMs)
  t.equal(othersSeenAtMs({ a: hosts.a, c: hosts.c }, 'a', nowMs), null)
  t.notMatch(JSON.stringify(registered(hosts, 'd', 'new', nowMs)), '"c"')
})

t.test('what somebody else left under that key harms nobody', async t => {
  for (const odd of [null, 'x', 7, [], { a: null, b: { host: 'h' }, c: { seenAtMs: 'x' } }])
    t.same(hostsOf(odd), {})
})
