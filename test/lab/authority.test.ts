// An authority that answers wrongly, late, twice or not at all: no login is lost, nobody is called without need.

import fc from 'fast-check'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { ensure } from '../../src/engine/ensure.js'
import { custodies, engine, minuteMs } from '../kit/engine.js'
import { wrapped } from '../kit/wrapped.js'
import { type Condition, cell, conditions } from './authority/cell.js'
import { table } from './authority/table.js'
import { figuresOf, isWhole, scale } from './figures.js'

const figures = figuresOf(t, '7 Authority')

/** Every ten seconds for ten minutes, every minute for an hour; or a few of them. */
const seconds = isWhole
  ? [...Array(60).keys()].map(n => n * 10).concat([...Array(60).keys()].map(n => 600 + n * 60))
  : [0, 60, 3900]

t.test('every fault, in every condition of the login, in both custodies', async t => {
  const rows = Object.entries(table).filter(([, { slow }]) => isWhole || !slow)
  const all = rows.flatMap(([name, row]) =>
    custodies.flatMap(custody =>
      (Object.keys(conditions) as Condition[]).map(condition => ({
        name,
        row,
        custody,
        condition,
      })),
    ),
  )
  // The short cut: each fault once, in another condition and custody from row to row.
  const cells = isWhole ? all : rows.flatMap((_, index) => all[index * 6 + (index % 6)] ?? [])
  const wrong: string[] = []
  const sums = { tokenRequests: 0, reuses: 0, signIns: 0 }
  const look = async ({ name, row, custody, condition }: (typeof cells)[number]) => {
    const found = await cell(t, row, { condition, custody, seconds })
    for (const key of ['tokenRequests', 'reuses', 'signIns'] as const) sums[key] += found[key]
    wrong.push(...found.wrong.map(what => `${name}, ${condition}, ${custody}: ${what}`))
  }
  await inTurns(
    cells.filter(({ row }) => !row.alone),
    6,
    look,
  )
  await inTurns(
    cells.filter(({ row }) => row.alone),
    1,
    look,
  )
  for (const line of wrong.slice(0, 40)) t.comment(line)
  figures.counted('faults × condition of the login × custody', cells.length)
  figures.counted('requests to the token endpoint in them', sums.tokenRequests)
  figures.counted('of these, after an answer that was lost with the rotation', sums.reuses)
  const of = (words: string) => wrong.filter(line => line.includes(words)).length
  figures.wanted('sign-in without invalid_grant on the newest unspent token', of('sign-in'), 0)
  figures.wanted('tokens on the spent list that were posted', of('a spent token'), 0)
  figures.wanted('more than 12 tries in 10 minutes', of('tries in'), 0)
  figures.wanted('logins not healthy after a fault that left one', of('not healthy'), 0)
  figures.wanted('anything else wrong', wrong.length, 0)
})

t.test('100 failures in a row: the pauses grow from 1 s to 5 min, with jitter', async t => {
  const at = await engine(t, { login: 'expired' })
  at.authority.fail('token', faults.answer(503), 1_000_000)
  let steps = 0
  const odd: string[] = []
  const tellNobody = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  const many = { minLength: 100, maxLength: 100 }
  const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), many)
  await fc.assert(
    fc.asyncProperty(randoms, async all => {
      at.writeLogin(at.signIn(-1000))
      const triesAtMs: number[] = []
      for (const [index, random] of all.entries()) {
        const run = await at.run()
        await ensure({ ...run, random: () => random }, tellNobody)
        steps += 1
        triesAtMs.push(at.clock.ms)
        const { backOff } = at.memory()
        if (backOff?.failures !== index + 1) throw new Error(`${index}: no try`)
        const waitMs = backOff.nextTryAtMs - at.clock.ms
        const stepMs = Math.min(1000 * 2 ** Math.min(index, 20), 5 * minuteMs)
        const isFull = triesAtMs.filter(ms => at.clock.ms - ms < 10 * minuteMs).length >= 12
        const isRight = Math.abs(waitMs - stepMs * (0.5 + random / 2)) < 1
        if (!isRight && !isFull) odd.push(`${index}: ${waitMs} ms for ${random}`)
        if (waitMs < 500 || waitMs > 10 * minuteMs) odd.push(`${index}: ${waitMs} ms`)
        // One moment before nothing is asked.
        const asked = at.asked('token')
        at.clock.ms = Math.ceil(backOff.nextTryAtMs) - 1
        if (index % 10 === 0) await at.ensure()
        if (at.asked('token') !== asked) odd.push(`${index}: asked too early`)
        at.clock.ms += 1
      }
      const most = Math.max(
        ...triesAtMs.map(
          from => triesAtMs.filter(ms => ms >= from && ms < from + 10 * minuteMs).length,
        ),
      )
      if (most > 12) odd.push(`${most} tries in 10 minutes`)
    }),
    { numRuns: scale(1, 50) },
  )
  figures.counted('steps of back-off through the engine', steps)
  figures.wanted('pauses outside 1 s → 5 min with jitter, or a thirteenth try', odd.length, 0)
  t.same(odd, [])
})

for (const custody of isWhole ? custodies : (['sole'] as const))
  t.test(`the installed program, ${custody}`, async t => {
    const box = await wrapped(t, { login: 'expired', via: 'proxy', config: { custody } })
    const refresh = box.login()?.refreshToken
    const launch = (env: Record<string, string> = {}) => box.launch(['hi'], { env })
    const rounds: [string, () => void, Record<string, string>][] = [
      ['wrong certificate', () => undefined, { NODE_EXTRA_CA_CERTS: '' }],
      ['block page', () => box.authority.fail('token', faults.blockPage(), 99), {}],
      ['redirect', () => box.authority.fail('token', faults.redirect('/v1/oauth/token'), 99), {}],
      [
        '1 MB error',
        () => box.authority.fail('token', faults.answer(500, 'x'.repeat(1e6)), 99),
        {},
      ],
    ]
    let wrong = 0
    for (const [name, begin, env] of rounds.slice(0, scale(2, 4))) {
      begin()
      const { code, stdout, stderr } = await launch(env)
      await box.settle()
      box.authority.clearFaults()
      const isFine = code === 0 && stdout.includes('client: hi') && !/login`|sign in/.test(stderr)
      if (!isFine) t.comment(`${name}: ${code} ${stdout} ${stderr}`)
      wrong += isFine ? 0 : 1
      await box.ensure(['--offline'])
    }
    figures.wanted(`launches that a fault stopped or called a person for, ${custody}`, wrong, 0)
    const { outcome } = await box.ensure(['--force'])
    t.match(outcome, { verdict: 'ok' })
    figures.wanted(
      `rotations of the installed program, ${custody}`,
      box.authority.counts().rotations,
      1,
    )
    figures.wanted(`its reuses, ${custody}`, box.authority.counts().reuses, 0)
    t.not(box.login()?.refreshToken, refresh)
  })

async function inTurns<T>(all: T[], atOnce: number, act: (each: T) => Promise<void>) {
  const left = [...all]
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await act(next)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
