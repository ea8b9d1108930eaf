// One cell of the authority's table: a login, a fault for an hour and a half, the end of it; what was wrong on the way.

import type { Test } from 'tap'
import type { Outcome } from '../../../src/policy/outcome.js'
import { type Engine, engine, hourMs, minuteMs } from '../../kit/engine.js'
import type { Row } from './table.js'

export const conditions = { good: 'valid', due: 'past-half', expired: 'expired' } as const
export type Condition = keyof typeof conditions

/** What a cell counts; `wrong` is in words, one each. */
export interface Cell {
  tokenRequests: number
  reuses: number
  /** Runs that called a person. */
  signIns: number
  wrong: string[]
}

const sibling = ',"mcpOAuth":{"other ✓":{"n":1.50,"s":"\\ud83d"}} }\n'

/** `seconds` are the times of the runs while the fault lasts. */
export async function cell(
  t: Test,
  row: Row,
  options: { condition: Condition; custody: string; seconds: number[] },
): Promise<Cell> {
  const { condition, custody } = options
  const at = await engine(t, { login: conditions[condition], config: { custody } })
  at.writeLogin(at.fileText().replace(/\}$/, sibling))
  const wrong: string[] = []
  let signIns = 0
  const run = async () => {
    const spent = at.memory().spent.map(hash => hash.slice(0, 8))
    const before = at.authority.requests.length
    const outcome = await at.ensure().catch((error: unknown) => {
      wrong.push(`it threw ${String(error)}`)
      return null
    })
    const posted = tokenRequests(at, before).flatMap(({ tokens }) => tokens)
    if (posted.some(token => spent.includes(token))) wrong.push('a spent token was posted')
    if (!at.fileText().endsWith(sibling)) wrong.push('bytes of a sibling changed')
    if (outcome?.verdict === 'sign-in') {
      signIns += 1
      if (!wasRefused(at, row)) wrong.push(`sign-in ${outcome.because} without a refusal`)
    }
    return outcome
  }

  // A login that still works is known before; one that is due has an hour left.
  if (condition !== 'expired') await run()
  if (condition === 'due') at.pass(2 * hourMs)
  for (const endpoint of row.endpoints ?? ['token'])
    at.authority.fail(endpoint, row.fault(at), row.times ?? 1_000_000)
  const startMs = at.clock.ms
  for (const second of options.seconds) {
    at.clock.ms = startMs + second * 1000
    await run()
  }
  at.authority.clearFaults()
  at.pass(2 * hourMs)
  let last = await run()
  // A login that was good till now is renewed in its time, after the trouble.
  at.pass(8 * hourMs)
  last = await run()
  wrong.push(...endOf(at, row, last))
  const most = mostIn(at, 10 * minuteMs)
  if (most > 12) wrong.push(`${most} tries in 10 minutes`)
  const { tokenRequests: all, reuses } = at.authority.counts()
  return { tokenRequests: all, reuses, signIns, wrong }
}

function endOf(at: Engine, row: Row, outcome: Outcome | null): string[] {
  const isHealthy = outcome?.verdict === 'ok' || outcome?.verdict === 'attention'
  const works = at.authority.accepts(at.login()?.accessToken ?? '') !== null
  const { reuses } = at.authority.counts()
  const found = `${outcome?.verdict} ${outcome?.because}`
  const wrong: string[] = []
  if (row.fate === 'kept' || row.fate === 'taken') {
    if (!isHealthy || !works) wrong.push(`not healthy afterwards: ${found}`)
    if (reuses > 0) wrong.push(`${reuses} reuses`)
  } else if (row.fate === 'gone') {
    // One try finds out that the token is spent: nobody else can know.
    if (reuses > 1) wrong.push(`${reuses} reuses`)
  } else if (!isHealthy && outcome?.verdict !== 'sign-in') wrong.push(`in the end ${found}`)
  return wrong
}

/** Was `invalid_grant` ever said, and of the newest token that is left? */
function wasRefused(at: Engine, row: Row): boolean {
  const said = tokenRequests(at).some(({ status }) => status === 400)
  const newest = at.memory().held?.refreshHash ?? null
  const isLast = newest === null || at.memory().spent.includes(newest)
  return said && isLast && (row.fate === 'refused' || at.authority.counts().reuses > 0)
}

function tokenRequests(at: Engine, from = 0) {
  return at.authority.requests.slice(from).filter(({ endpoint }) => endpoint === 'token')
}

function mostIn(at: Engine, windowMs: number): number {
  const times = tokenRequests(at).map(({ atMs }) => atMs)
  return times.reduce((most, from) => {
    const inside = times.filter(atMs => atMs >= from && atMs < from + windowMs)
    return Math.max(most, inside.length)
  }, 0)
}
