// Durations and times, in words and read from words.

import t from 'tap'
import * as words from '../../src/text/durations.js'
import { durationMs, fraction } from '../../src/text/durations.js'

process.env['TZ'] = 'UTC'

const nowMs = Date.parse('2026-12-12T09:14:03Z')

t.test('durations are said in the unit that fits', async t => {
  const cases: [number, string][] = [
    [0, 'less than a minute'],
    [59_999, 'less than a minute'],
    [60_000, '1 min'],
    [59.6 * 60_000, '59 min'],
    [3_600_000, '1 h'],
    [-7_200_000, '2 h'],
    [4.96 * 3_600_000, '4 h 57 min'],
    [24 * 3_600_000, '24 h'],
    [47.6 * 3_600_000, '47 h 36 min'],
    [48 * 3_600_000, '2 days'],
    [3 * 86_400_000 - 1, '3 days'],
    [Number.NaN, 'an unknown time'],
    [Number.POSITIVE_INFINITY, 'an unknown time'],
  ]
  for (const [ms, wanted] of cases) t.equal(words.durationWords(ms), wanted, String(ms))
})

t.test('a time of this year has no year, others have, a broken one is called unknown', async t => {
  t.equal(words.dateTimeWords(nowMs, nowMs), '12 Dec at 09:14')
  t.equal(words.dateTimeWords(Date.parse('2025-01-02T23:05:00Z'), nowMs), '2 Jan 2025 at 23:05')
  t.equal(words.dateTimeWords(Number.NaN, nowMs), 'an unknown time')
  t.equal(words.dateTimeUtc(nowMs), '12 Dec 2026 09:14 UTC')
  t.equal(words.dateTimeUtc(9e15), 'an unknown time')
  t.equal(words.timestampWords(nowMs), '2026-12-12 09:14:03')
  t.equal(words.timestampWords(9e15), 'at an unknown time')
})

t.test('what is just past or still to come is just now', async t => {
  t.equal(words.agoWords(nowMs - 5_000, nowMs), 'just now')
  t.equal(words.agoWords(nowMs + 5_000_000, nowMs), 'just now')
  t.equal(words.agoWords(nowMs - 3 * 3_600_000, nowMs), '3 h ago')
})

t.test(
  'days between two moments are those of the calendar: as many as to the date beside',
  async t => {
    const at = (text: string) => Date.parse(`2026-${text}Z`)
    t.equal(words.spanWords(at('11-23T21:00:00'), at('12-12T09:00:00')), '19 days')
    t.equal(words.spanWords(at('11-23T09:00:00'), at('12-12T21:00:00')), '19 days')
    t.equal(words.spanWords(at('12-12T21:00:00'), at('11-23T09:00:00')), '19 days', 'either order')
    t.equal(words.spanWords(nowMs, nowMs + 3 * 86_400_000 - 1_000), '3 days')
    t.equal(words.spanWords(nowMs, nowMs + 47.9 * 3_600_000), '47 h 54 min')
    t.equal(words.spanWords(nowMs, Number.NaN), 'an unknown time')
    t.equal(words.spanWords(nowMs, 9e15), 'an unknown time')
  },
)

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
