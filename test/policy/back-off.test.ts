// Waiting between failures: from a second to five minutes, and at most 12 tries in any 10 minutes.

import fc from 'fast-check'
import t from 'tap'
import { type BackOff, backedOff } from '../../src/policy/back-off.js'

const minuteMs = 60_000
const startMs = Date.UTC(2026, 0, 5, 9)

/** The waits of failures in a row, each tried as soon as it may be. */
function waits(
  randoms: number[],
  retryAfterMs: (number | null)[] = [],
): { waitMs: number; atMs: number }[] {
  let nowMs = startMs
  let before: BackOff | null = null
  return randoms.map((random, index) => {
    const next: BackOff = backedOff(before, retryAfterMs[index] ?? null, nowMs, random)
    const wait = { waitMs: next.nextTryAtMs - nowMs, atMs: nowMs }
    before = next
    nowMs = Math.ceil(next.nextTryAtMs)
    return wait
  })
}

t.test('it doubles from a second to five minutes', async t => {
  const seconds = waits(Array(20).fill(1)).map(({ waitMs }) => waitMs / 1000)
  t.same(seconds.slice(0, 9), [1, 2, 4, 8, 16, 32, 64, 128, 256])
  t.same(seconds.slice(9), Array(11).fill(300))
})

t.test('jitter takes at most half of it', async t => {
  t.same(
    waits([0, 0, 0]).map(({ waitMs }) => waitMs),
    [500, 1_000, 2_000],
  )
})

t.test('whatever happens in 100 failures, the server is not flooded', async t => {
  const random = fc.double({ min: 0, max: 1, noNaN: true })
  const retryAfter = fc.option(fc.integer({ min: 0, max: 7_200_000 }), { freq: 3 })
  const many = { minLength: 100, maxLength: 100 }
  fc.assert(
    fc.property(fc.array(random, many), fc.array(retryAfter, many), (randoms, asked) => {
      const all = waits(randoms, asked)
      return all.every(({ waitMs, atMs }, index) => {
        const tries = all.filter(other => other.atMs >= atMs && other.atMs < atMs + 10 * minuteMs)
        const honored = waitMs >= Math.min(asked[index] ?? 0, 60 * minuteMs)
        return tries.length <= 12 && waitMs >= 500 && waitMs <= 60 * minuteMs && honored
      })
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('a server may ask for an hour, not for more', async t => {
  const asked = (ms: number) => backedOff(null, ms, startMs, 1).nextTryAtMs - startMs
  t.equal(asked(90_000), 90_000)
  t.equal(asked(60 * minuteMs), 60 * minuteMs)
  t.equal(asked(24 * 60 * minuteMs), 60 * minuteMs)
  t.equal(asked(1), 1_000, 'and not for less than the pause')
})

t.test('tries by force count too', async t => {
  const triesAtMs = Array.from({ length: 11 }, (_, index) => startMs + index * 1_000)
  const before = { failures: 1, nextTryAtMs: startMs, triesAtMs }
  const next = backedOff(before, null, startMs + 20_000, 1)
  t.equal(next.nextTryAtMs, startMs + 10 * minuteMs, 'twelve in ten minutes are enough')
})

t.test('a clock set back does not hold a token for ever', async t => {
  const before = { failures: 3, nextTryAtMs: startMs, triesAtMs: Array(12).fill(startMs) }
  const next = backedOff(before, null, startMs - 60 * minuteMs, 1)
  t.equal(next.nextTryAtMs, startMs - 60 * minuteMs + 8_000)
})
