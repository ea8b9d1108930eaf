// The benchmark's own arithmetic: medians, percentiles, ratios, and what counts as held or grossly missed.

import t from 'tap'
import { page } from './page.js'
import { picture } from './picture.js'
import { added, counted, leftOut, type Section, times } from './row.js'
import { tableText } from './table.js'
import { inTurn, timed } from './timing.js'

const evenly = (name: string, ms: number) => timed(name, [ms, ms, ms])

t.test('the median is the middle one, or the mean of the middle two', t => {
  t.equal(timed('', [9, 1, 5]).medianMs, 5)
  t.equal(timed('', [4, 1, 2, 9]).medianMs, 3)
  t.equal(timed('', [7]).medianMs, 7)
  t.end()
})

t.test('the 95th percentile is the nearest rank: one in twenty may be slower', t => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(timed('', hundred).p95Ms, 95)
  t.equal(timed('', [3, 1, 2]).p95Ms, 3)
  t.equal(timed('', hundred).runs, 100)
  t.end()
})

t.test('the contestants take turns, and what is not timed comes before each', async t => {
  const order: string[] = []
  const contestant = (name: string, ms: number) => ({
    name,
    prepare: () => order.push(`prepare ${name}`),
    once: () => {
      order.push(name)
      return ms
    },
  })
  const [a, b] = await inTurn([contestant('a', 2), contestant('b', 6)], 2)
  t.match(
    [a, b],
    [
      { medianMs: 2, runs: 2 },
      { medianMs: 6, runs: 2 },
    ],
  )
  const round = ['prepare a', 'a', 'prepare b', 'b']
  t.strictSame(order, [...round, ...round, ...round], 'the first round does not count')
})

t.test('a ratio is that of the medians, and holds up to the limit itself', t => {
  const base = evenly('base', 10)
  t.match(times('f', evenly('ours', 12), base, 1.2), {
    baseline: 'base',
    found: /^1\.20 × \(p95 1\.20 ×\)/,
    holds: true,
    gross: false,
  })
  t.match(times('f', evenly('ours', 13), base, 1.2), { holds: false, gross: false })
  t.match(times('f', evenly('ours', 36), base, 1.2), { holds: false, gross: false })
  t.match(times('f', evenly('ours', 37), base, 1.2), { holds: false, gross: true })
  t.match(times('f', evenly('ours', 37), base, 1.2, 2), { holds: false, gross: false })
  t.match(times('f', evenly('ours', 61), base, 1.2, 2), { holds: false, gross: true })
  t.end()
})

t.test('a difference is in milliseconds, and gross at three times what would be allowed', t => {
  const base = evenly('base', 3)
  t.match(added('f', evenly('ours', 5), base, 2), { found: /^\+2\.00 ms/, holds: true })
  t.match(added('f', evenly('ours', 2.5), base, 2), { found: /^−0\.50 ms/, holds: true })
  t.match(added('f', evenly('ours', 15), base, 2), { holds: false, gross: false })
  t.match(added('f', evenly('ours', 16), base, 2), { holds: false, gross: true })
  t.end()
})

t.test('where nothing is allowed, anything is gross; what was not measured claims nothing', t => {
  t.match(counted('f', '', 0, 0, ''), { holds: true, gross: false })
  t.match(counted('f', '', 1, 0, ''), { holds: false, gross: true })
  t.match(counted('f', '', Number.NaN, 4, ''), { holds: false, gross: true })
  t.match(leftOut('f', 'base', '≤ 1 ×', 'not here'), {
    found: 'not here',
    holds: null,
    gross: false,
  })
  t.end()
})

t.test('terminal, page and picture show the rows and timings of the run', t => {
  const [base, ours] = [evenly('dash <script>', 10), evenly('claude-auth, healthy', 11)]
  const rows = [times('healthy launch', ours, base, 1.2), leftOut('hook', 'dash', '≤ 1.3 ×', 'no')]
  const section: Section = { title: 'Launches', rows, timed: [base, ours], base: base.name }
  t.equal(tableText(rows).split('\n').length, 4)
  const machine = { node: 'v20', cores: 2, processor: 'x', load: 0.25, date: '2026-01-01' }
  const text = page([section], machine, 'pictures/p.svg')
  t.match(text, '| healthy launch | dash <script> | ≤ 1.2 × | 1.10 × (p95 1.10 ×), 11.00 ms')
  t.match(text, '| claude-auth, healthy | 11.00 | 11.00 | 1.10 | 3 |')
  t.match(text, '(pictures/p.svg)')
  const drawing = picture([section])
  t.match(drawing, '11.00 ms · 1.10 ×')
  t.match(drawing, 'dash &lt;script&gt;')
  const widths = [...drawing.matchAll(/<rect[^>]* width="([0-9.]+)"/g)].map(([, width]) =>
    Number(width),
  )
  t.equal(widths.length, 2)
  t.equal(((widths[1] ?? 0) / (widths[0] ?? 0)).toFixed(2), '1.10', 'bars are as long as the times')
  t.end()
})
