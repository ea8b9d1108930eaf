// Durations and percentages as people write them.

import t from 'tap'
import { durationMs, fraction } from '../../src/text/durations.js'

t.test('durations are whole milliseconds', async t => {
  const table = {
    '0s': 0,
    '250ms': 250,
    '10s': 10_000,
    '1.5h': 5_400_000,
    '15m': 900_000,
    '7d': 604_800_000,
  }
  for (const [text, ms] of Object.entries(table)) t.equal(durationMs(text), ms, text)
})

t.test('anything else is no duration', async t => {
  for (const text of [
    '',
    '10',
    's',
    '-1s',
    '1 s',
    '1S',
    '1h30m',
    '1e3s',
    '.5s',
    '1w',
    '9999999999s',
  ])
    t.equal(durationMs(text), null, text)
})

t.test('percentages are fractions from 1 to 99 percent', async t => {
  t.equal(fraction('50%'), 0.5)
  t.equal(fraction('37.5%'), 0.375)
  for (const text of ['0%', '100%', '50', '0.5', '-5%', '50 %', '05%'])
    t.equal(fraction(text), null, text)
})
