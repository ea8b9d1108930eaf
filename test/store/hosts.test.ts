// Which hosts use a shared document: known, refreshed, and forgotten in time.

import t from 'tap'
import { heartbeatKeys, hostsOf, isHeartbeatDue, othersSeenAtMs } from '../../src/store/hosts.js'

const nowMs = 1_800_000_000_000
const dayMs = 86_400_000
const one = { host: 'one', heartbeat: 'a1' }

t.test('a host puts itself beside the others, and once only', async t => {
  const keys = heartbeatKeys({ b: { host: 'two', seenAtMs: nowMs - dayMs } }, 'a', one, nowMs)
  const hosts = hostsOf(JSON.parse(JSON.stringify(keys))['claude_auth_hosts'])
  t.same(hosts, {
    b: { host: 'two', seenAtMs: nowMs - dayMs },
    a: { ...one, seenAtMs: nowMs },
  })
  t.notOk(isHeartbeatDue(hosts, 'a', nowMs + dayMs / 2))
  t.ok(isHeartbeatDue(hosts, 'a', nowMs + dayMs), 'seen lately means within a day')
  t.ok(isHeartbeatDue(hosts, 'c', nowMs))
})

t.test('others are those that were seen within weeks', async t => {
  const hosts = {
    a: { host: 'one', seenAtMs: nowMs },
    b: { host: 'two', seenAtMs: nowMs - 3 * dayMs },
    c: { host: 'old', seenAtMs: nowMs - 90 * dayMs },
  }
  t.equal(othersSeenAtMs(hosts, 'a', nowMs), nowMs - 3 * dayMs)
  t.equal(othersSeenAtMs({ a: hosts.a, c: hosts.c }, 'a', nowMs), null)
  t.notMatch(JSON.stringify(heartbeatKeys(hosts, 'd', one, nowMs)), '"c"')
})

t.test('what somebody else left under that key harms nobody', async t => {
  for (const odd of [null, 'x', 7, [], { a: null, b: { host: 'h' }, c: { seenAtMs: 'x' } }])
    t.same(hostsOf(odd), {})
})

t.test('what stands under a name that we had is another host as long as it is young', async t => {
  const at = (ageMs: number) => ({ x: { host: 'one', seenAtMs: nowMs - ageMs } })
  t.equal(othersSeenAtMs(at(dayMs), 'y', nowMs, ['x']), nowMs - dayMs, 'it may be alive')
  t.equal(othersSeenAtMs(at(5 * dayMs), 'y', nowMs, ['x']), null, 'nobody has refreshed it')
  t.equal(othersSeenAtMs(at(5 * dayMs), 'y', nowMs, ['z']), nowMs - 5 * dayMs)
})

t.test('copies that lived for a day do not fill the document', async t => {
  const many = Array.from({ length: 200 }, (_, at) => [
    `job${at}`,
    { host: 'ci', seenAtMs: nowMs - at },
  ])
  const keys = heartbeatKeys(Object.fromEntries(many), 'a', one, nowMs)
  const hosts = hostsOf(JSON.parse(JSON.stringify(keys))['claude_auth_hosts'])
  t.equal(Object.keys(hosts).length, 50)
  t.ok(hosts['a'] && hosts['job0'] && !hosts['job199'], 'the latest stay')
})
