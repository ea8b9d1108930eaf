// Killed, interrupted, left alone: a renewal that ends anywhere loses nothing that had arrived. Whatever only reads leaves
// the disk as it was, so the points are the calls that change files and those on connections. Others promise: dario, 6 of
// 6 runs with single-use tokens and one refresh; RFC 9700 §4.14, a reuse ends the family: it must not happen.

import t, { type Test } from 'tap'
import { cannotTrace, killPoints } from '../kit/kill-points.js'
import { realClients } from '../kit/real-clients.js'
import { sandbox } from '../kit/sandbox.js'
import { custodies } from '../kit/wrapped.js'
import { figuresOf, isWhole, scale } from './figures.js'
import { closedPipe, closedTerminal, killAfter, killAt, signalAt } from './kill/acts.js'
import { gapMs } from './kill/gap.js'
import { type Act, type AfterKill, killedOnce } from './kill/killed-once.js'
import { clientMs, oursMs } from './kill/takeover.js'

t.setTimeout(7_200_000)
// Most of a case is waiting, for a second to pass between a run and the next.
t.jobs = scale(2, 4)
const figures = figuresOf(t, '3 Kill')
const deaf = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTSTP', 'SIGQUIT'] as const
const sums: Record<'points' | 'closed' | 'moments' | 'signals', AfterKill[]> = {
  points: [],
  closed: [],
  moments: [],
  signals: [],
}
/** No case begins later: what was left out then shows in the figures. */
const endMs = performance.now() + Number(process.env['LAB_KILL_MINUTES'] ?? 120) * 60_000
const all: Promise<unknown>[] = []
const gaps: number[] = []

const run = (name: string, skip: string | false, act: (t: Test) => Promise<void>) =>
  all.push(t.test(name, { skip, buffered: true }, act))

interface Case {
  sum: keyof typeof sums
  name: string
  custody: string
  act: Act
}

const cases: Case[] = []
// With a teardown of its own, tap ends the file as soon as no test is at work.
let tellFound = () => {}
const areFound = new Promise<void>(resolve => {
  tellFound = resolve
})
run('where it can be killed', false, () => areFound)
for (const custody of custodies) {
  const add = (sum: Case['sum'], name: string, act: Act) => cases.push({ sum, name, custody, act })
  const options = { login: 'expired', via: 'proxy', config: { custody } } as const
  const points = cannotTrace ? [] : await killPoints(await sandbox(t, options), true)
  // `npm run test:system` kills at every decisive point in test/system/killed.test.ts.
  for (const [index, point] of points.entries()) {
    const isShort = index % 40 === (custody === 'sole' ? 0 : 20)
    if (!isWhole && !isShort) continue
    add('points', `killed at ${point.what}`, killAt(point))
    for (const [nth, signal] of deaf.entries())
      if (isWhole || nth === index % deaf.length)
        add('signals', `${signal} at ${point.what}`, signalAt(point, signal))
  }
  const moments = scale(4, 500)
  for (let index = 0; index < moments; index++) {
    const since = index % 2 === 0 ? 'start' : 'request'
    const ms = Math.random() * (since === 'start' ? 1500 : 100)
    add('moments', `killed ${Math.round(ms)} ms after ${since}`, killAfter(ms, since))
  }
  for (let index = 0; index < scale(1, 20); index++) {
    add('closed', 'a closed pipe', closedPipe)
    add('closed', 'a closed terminal', closedTerminal(Math.random() * 1500))
  }
  for (let index = 0; index < scale(1, 10); index++)
    run(`from the last byte to the saved body, ${custody}`, cannotTrace, async t => {
      const ms = await gapMs(t, custody)
      t.ok(ms !== null && ms >= 0)
      gaps.push(ms ?? 0)
    })
}

tellFound()

run('our own crash is taken over at once', false, async t => {
  const { afterMs, plainMs, good } = await oursMs(t)
  const found = `${Math.round(afterMs)} ms, without a crash ${Math.round(plainMs)} ms`
  figures.within('the next run after our crash', found, 'healthy', good)
})
for (const { version, path, skip } of isWhole ? realClients() : [])
  run(`${version} takes over`, skip, async t => {
    const { ms, good } = await clientMs(t, path)
    figures.within(`bare client ${version} after our crash`, `${Math.round(ms)} ms`, 'works', good)
  })
// The chief ones first; the order of the others is chance, so that a part of them stands for all.
const order = new Map(cases.map(each => [each, Math.random()]))
const place = (each: Case) =>
  Object.keys(sums).indexOf(each.sum) + (each.sum === 'points' ? 0 : (order.get(each) ?? 0) * 0.9)
for (const { sum, name, custody, act } of cases.toSorted((one, two) => place(one) - place(two)))
  run(`${name}, ${custody}`, false, async t => {
    if (performance.now() > endMs) return
    const found = await killedOnce(t, custody, act)
    sums[sum].push(found)
    t.ok(found.what !== 'lost', found.story)
  })
await Promise.all(all)

type Sum = Case['sum']
const count = (sum: Sum, is: (found: AfterKill) => boolean) => sums[sum].filter(is).length
const names: Record<Sum, string> = {
  points: 'killed at a call on files or connections',
  moments: 'killed at a random moment',
  signals: `another signal at a call (SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGQUIT${isWhole ? ' each' : ' in turn'})`,
  closed: 'pipe or terminal closed',
}
for (const [sum, name] of Object.entries(names) as [Sum, string][]) {
  const wanted = cases.filter(each => each.sum === sum).length
  const done = sums[sum].length
  const found = done === wanted ? done : `${done} of ${wanted}, no time for more`
  // Without strace there are no points to kill at; all else has cases, and a part of them stands for all.
  const isPossible = !cannotTrace || sum === 'moments' || sum === 'closed'
  const least = isPossible ? Math.max(1, Math.ceil(wanted / 10)) : 0
  figures.within(name, found, `at least ${least}`, done >= least)
  const isDeaf = sum === 'signals' || sum === 'closed'
  const lost = count(sum, ({ what }) => what === 'lost' || (isDeaf && what === 'window'))
  figures.wanted('not healthy in the next run', lost, 0)
  figures.wanted(
    'spent tokens posted',
    sums[sum].reduce((n, { reuses }) => n + reuses, 0),
    0,
  )
  if (isDeaf) continue
  figures.counted(
    'rotated, and killed before the answer was saved',
    count(sum, ({ what }) => what === 'window'),
  )
  figures.counted(
    'killed with the request prepared, the server had not acted',
    count(sum, found => found.needlessDoubt),
  )
}
const sorted = gaps.toSorted((one, other) => one - other)
const median = sorted[Math.floor(sorted.length / 2)] ?? 0
const isTraced = cannotTrace
  ? 'not traced'
  : `${median.toFixed(1)} ms (most ${(sorted.at(-1) ?? 0).toFixed(1)})`
figures.counted('from the last byte to the saved body, median under trace', isTraced)
