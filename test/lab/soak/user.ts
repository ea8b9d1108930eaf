// One user's simulated weeks: launches, timers, a bare client, sign-ins that end, and a world that is not always well.

import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startAuthority } from '../../../src/demo/authority.js'
import { faults } from '../../../src/demo/faults.js'
import { ensure } from '../../../src/engine/ensure.js'
import { plainSealer } from '../../../src/engine/renew.js'
import type { Run } from '../../../src/engine/run.js'
import { findLeftAnswer } from '../../../src/login/answer.js'
import type { Custody, Outcome } from '../../../src/policy/outcome.js'
import { type Engine, engine, hourMs, minuteMs } from '../../kit/engine.js'
import { type Chance, chance } from '../chance.js'
import { bareRefresh, touch } from './bare-client.js'

const dayMs = 24 * hourMs

export interface Weeks {
  runs: number
  killedRuns: number
  clientRefreshes: number
  faults: number
  signIns: number
  /** A person was called though a good refresh token was there. */
  needless: string[]
  /** Ends that came, and the warnings (days before) that were missing. */
  ends: number
  unwarned: string[]
  /** Fingerprints of refresh tokens whose answer had come, and was not saved yet, when a run was killed. */
  lost: string[]
  /** Fingerprints of spent refresh tokens that were posted though nothing was lost. */
  spentPosted: string[]
  /** Hours after which the login in the file was not accepted though no fault was in force. */
  deadHours: number
}

interface Options {
  seed: number
  days: number
  custody: Custody
  /** How long the first login still has to live, in days. */
  firstLifeDays: [number, number]
}

/** Lives through `days` of one user; the same for the same seed. */
export async function weeksOf(
  t: Test,
  { seed, days, custody, firstLifeDays }: Options,
): Promise<Weeks> {
  const luck = chance(seed)
  const clock = { ms: Date.now() + hourMs }
  const authority = await startAuthority({ now: () => clock.ms, random: randomBytes })
  t.teardown(() => authority.close())
  const options = { login: 'none' as const, beside: { authority, clock }, aheadMs: 0 }
  const e = await engine(t, options)
  const hook = join(e.home.path, 'hook')
  e.home.write(hook, `${authority.url}/services/T000/B000/made-up\n`)
  e.configure({ custody, alerts: { slack: { webhookFile: hook } } })
  const weeks: Weeks = {
    runs: 0,
    killedRuns: 0,
    clientRefreshes: 0,
    faults: 0,
    signIns: 0,
    needless: [],
    ends: 0,
    unwarned: [],
    lost: [],
    spentPosted: [],
    deadHours: 0,
  }
  let endsAtMs = 0
  const signIn = (lifeDays: number) => {
    const loginLifeMs = lifeDays * dayMs
    endsAtMs = clock.ms + loginLifeMs
    e.writeLogin(authority.signIn({ user: e.user, loginLifeMs }))
    touch(e)
    weeks.signIns += 1
  }
  signIn(luck.between(...firstLifeDays))
  const isLaptop = luck.is(0.5)
  const startMs = clock.ms
  let comesAtMs: number | null = null
  let steppedUntilMs = 0
  const nextHour = async () => {
    clock.ms += luck.between(50, 70) * minuteMs
    if (clock.ms >= steppedUntilMs) options.aheadMs = 0
    const hour = new Date(clock.ms).getUTCHours()
    if (isLaptop && hour < 8) return
    const isQuiet = !misfortunes(e, luck, custody, weeks, clock.ms < endsAtMs)
    if (luck.is(1 / 120)) {
      options.aheadMs = luck.oneOf([-3, -0.5, 0.1, 2]) * hourMs
      steppedUntilMs = clock.ms + luck.between(1, 5) * hourMs
    }
    if (luck.is(0.3) && (await bareRefresh(e)) === 'renewed') weeks.clientRefreshes += 1
    const outcome = await oneRun(e, luck, weeks)
    if (outcome?.verdict === 'sign-in') {
      if (await isNeedless(e, clock.ms < endsAtMs))
        weeks.needless.push(`${day(startMs, clock.ms)}: ${outcome.because}`)
      if (comesAtMs === null && clock.ms >= endsAtMs) {
        weeks.ends += 1
        weeks.unwarned.push(...missing(e, endsAtMs, startMs))
      }
      comesAtMs ??= clock.ms + luck.between(1, 6) * hourMs
    } else if (isQuiet && outcome !== null && clock.ms < endsAtMs) {
      const login = e.login()
      if (login === null || authority.accepts(login.accessToken) === null) weeks.deadHours += 1
    }
    if (comesAtMs !== null && clock.ms >= comesAtMs) {
      signIn(luck.between(28, 30))
      comesAtMs = null
    }
  }
  while (clock.ms < startMs + days * dayMs) await nextHour()
  weeks.spentPosted = postedAgain(e).filter(token => !weeks.lost.includes(token))
  return weeks
}

/** What goes wrong in an hour. True when something did that may keep the login from being good. */
function misfortunes(
  e: Engine,
  luck: Chance,
  custody: Custody,
  weeks: Weeks,
  isAlive: boolean,
): boolean {
  const { authority } = e
  let isBad = false
  const now = (rate: number, does: () => void) => {
    if (!luck.is(rate)) return
    does()
    weeks.faults += 1
    isBad = true
  }
  // A server that hangs is told as one that hangs up: nobody waits half a minute a thousand times.
  const troubles = [
    faults.answer(503),
    faults.answer(500),
    faults.blockPage(),
    faults.retryAfter(60),
    faults.drop(),
  ]
  authority.clearFaults()
  now(3 / 24, () => authority.fail('token', luck.oneOf(troubles), luck.whole(1, 3)))
  now(3 / 24, () => authority.fail('profile', luck.oneOf(troubles), luck.whole(1, 3)))
  now(1 / 72, () => authority.fail('slack', faults.answer(503), 10))
  const isGood = e.login()?.accessToken && isAlive
  const until = e.login()?.expiresAt ?? 0
  now(isGood && until > e.clock.ms + hourMs ? 1 / 240 : 0, () => {
    e.blank()
    touch(e)
  })
  now(isGood && luck.is(0.5) ? 1 / 240 : 0, () => rmSync(e.home.paths.loginFile, { force: true }))
  // In sole custody the store's newest version is the only copy there is: the one before it is damaged.
  const stored = join(e.storeFolder, custody === 'sole' ? 'default.previous.jwe' : 'default.jwe')
  now(existsSync(stored) ? 1 / 360 : 0, () => writeFileSync(stored, 'damaged', { mode: 0o600 }))
  return isBad
}

/** A run of the timer or of a launch; now and then it ends in the middle. Null: it did. */
async function oneRun(e: Engine, luck: Chance, weeks: Weeks): Promise<Outcome | null> {
  weeks.runs += 1
  const started = await e.run()
  const before = e.authority.requests.length
  let left = luck.is(1 / 48) ? luck.whole(1, 12) : Number.POSITIVE_INFINITY
  const nonce = () => {
    left -= 1
    if (left < 0) throw new Error('killed')
    return started.nonce()
  }
  const run = { ...started, nonce }
  try {
    const options = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
    return (await ensure(run, options)).outcome
  } catch (error) {
    // Whatever came of it on the way out: a killed process says nothing.
    if (left >= 0) throw error
    weeks.killedRuns += 1
    const posted = e.authority.requests.slice(before).filter(isRotation)
    if (posted.length > 0 && !(await isSaved(e, run)))
      weeks.lost.push(posted.at(-1)?.tokens[0] ?? '')
    return null
  }
}

type Request = Engine['authority']['requests'][number]

const isRotation = ({ endpoint, status }: Request) => endpoint === 'token' && status === 200

/** Is the newest refresh token in the file, in the store or in the answer that waits for the next run? */
async function isSaved(e: Engine, run: Run): Promise<boolean> {
  const sealer = run.config.custody === 'sole' ? await run.sealer() : plainSealer
  const found = await findLeftAnswer(e.home.paths.answer, sealer)
  const newest = e.refreshTokens().at(-1) ?? ''
  const copies = [e.login()?.refreshToken, (await e.stored())?.refreshToken]
  return (
    copies.includes(newest) || (found.kind === 'answered' && found.answer.body.includes(newest))
  )
}

/** Refresh tokens that were refused after they had been exchanged, each once, whoever posted them. */
function postedAgain({ authority }: Engine): string[] {
  const all = authority.requests.filter(({ endpoint }) => endpoint === 'token')
  const again = all.filter(
    ({ status, tokens }, at) =>
      status === 400 &&
      all.slice(0, at).some(each => isRotation(each) && each.tokens[0] === tokens[0]),
  )
  return [...new Set(again.map(({ tokens }) => tokens[0] ?? ''))]
}

/** Is the newest refresh token of a login that goes on in the file or in the store? */
async function isNeedless(e: Engine, isAlive: boolean): Promise<boolean> {
  const newest = e.refreshTokens().at(-1)
  const copies = [e.login()?.refreshToken, (await e.stored())?.refreshToken]
  return isAlive && copies.includes(newest)
}

const warnDays = [7, 3, 1]

/** The warnings that did not reach Slack in their time before an end; of a life too short for one none is wanted. */
function missing(e: Engine, endsAtMs: number, startMs: number): string[] {
  const toldAtMs = e.authority.requests
    .filter(({ endpoint, status }) => endpoint === 'slack' && status === 200)
    .map(({ atMs }) => atMs)
  return warnDays.flatMap((days, at) => {
    const [fromMs, untilMs] = [endsAtMs - days * dayMs, endsAtMs - (warnDays[at + 1] ?? 0) * dayMs]
    if (fromMs < startMs) return []
    const isTold = toldAtMs.some(atMs => atMs >= fromMs - 3 * hourMs && atMs < untilMs)
    return isTold ? [] : [`${days} days before the end on ${day(startMs, endsAtMs)}`]
  })
}

function day(startMs: number, atMs: number): string {
  return `day ${((atMs - startMs) / dayMs).toFixed(1)}`
}
