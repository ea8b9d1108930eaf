// What people hear: one message for one need, one for its end, however often, from however many, whatever Slack does.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { faults } from '../../src/demo/faults.js'
import {
  custodies,
  type Engine,
  type EngineOptions,
  engine,
  hourMs,
  minuteMs,
} from '../kit/engine.js'
import { ensureAs } from '../kit/hosts.js'
import { type OpenBao, openBao } from '../kit/openbao.js'
import { me, vaultEngine } from '../kit/vault-box.js'
import { wrapped } from '../kit/wrapped.js'
import { figuresOf, isWhole, scale } from './figures.js'

const figures = figuresOf(t, '8 Alerts')
const lab = isWhole ? custodies : (['shared'] as const)

/** An engine whose alerts go to the Slack of its stand-in. */
async function alerting(t: Test, custody: string, options: EngineOptions = {}): Promise<Engine> {
  const at = await engine(t, options)
  at.configure({ custody, ...hook(at) })
  return at
}

function hook({ home, authority }: Pick<Engine, 'home' | 'authority'>) {
  const webhookFile = join(home.path, 'hook')
  home.write(webhookFile, `${authority.url}/services/T000/B000/made-up\n`)
  return { alerts: { slack: { webhookFile } } }
}

const told = ({ authority }: Pick<Engine, 'authority'>) =>
  authority.slackMessages.map(each => JSON.stringify(each))
const begins = (at: Engine) => told(at).filter(each => each.includes('needs to sign in')).length

for (const custody of lab) {
  t.test(`many runs in one condition, and its end, ${custody}`, async t => {
    const at = await alerting(t, custody, { login: 'dead' })
    const runs = scale(40, 1000)
    let calls = 0
    for (let run = 0; run < runs; run += 1) {
      const { verdict } = await at.ensure({ forced: run % 10 === 9 })
      if (verdict === 'sign-in') calls += 1
      at.pass(minuteMs)
    }
    figures.wanted(`runs that need a person, ${custody}`, calls, runs)
    figures.wanted(`messages of ${runs} runs in one condition, ${custody}`, told(at).length, 1)
    at.writeLogin(at.signIn())
    for (let run = 0; run < scale(5, 20); run += 1) {
      await at.ensure()
      at.pass(minuteMs)
    }
    figures.wanted(`messages when it is over, ${custody}`, told(at).length - 1, 1)
    t.match(told(at)[1], /is signed in/)
  })

  t.test(`a need that comes and goes within an hour, ${custody}`, async t => {
    const at = await alerting(t, custody)
    await at.ensure()
    const times: number[] = []
    const run = async (forced = false) => {
      const { verdict } = await at.ensure({ forced })
      while (times.length < told(at).length) times.push(at.clock.ms)
      return verdict
    }
    const flaps = scale(15, 100)
    let needs = 0
    for (let flap = 0; flap < flaps; flap += 1) {
      at.authority.endFamily(at.login()?.accessToken ?? '')
      needs += (await run(true)) === 'sign-in' ? 1 : 0
      at.pass(hourMs / flaps / 2)
      at.writeLogin(at.signIn())
      await run()
      at.pass(hourMs / flaps / 2)
    }
    figures.wanted(`needs to sign in within that hour, ${custody}`, needs, flaps)
    const most = (): number =>
      Math.max(0, ...times.map(from => times.filter(ms => ms >= from && ms < from + hourMs).length))
    figures.within(`messages of any hour of it, ${custody}`, most(), '≤ 5', most() <= 5)
    const before = times.length
    for (let minute = 0; minute < 60; minute += scale(5, 1)) {
      await run()
      at.pass(scale(5, 1) * minuteMs)
    }
    const summaries = told(at).filter(each => /changed \d+ more times/.test(each)).length
    t.comment(told(at).join('\n'))
    figures.wanted(`messages after it has settled, ${custody}`, times.length - before, 1)
    figures.wanted(`of these, the sum with its number of changes, ${custody}`, summaries, 1)
    figures.within(`messages of any hour to the end, ${custody}`, most(), '≤ 5', most() <= 5)
  })

  t.test(`Slack is down for a day, ${custody}`, async t => {
    const at = await alerting(t, custody, { login: 'dead' })
    at.authority.fail('slack', faults.answer(503, 'down'), 1_000_000)
    const stepMs = scale(60, 2) * minuteMs
    for (let passedMs = 0; passedMs < 24 * hourMs; passedMs += stepMs) {
      await at.ensure()
      at.pass(stepMs)
    }
    const tries = at.asked('slack')
    figures.within(
      `tries to deliver in that day, ${custody}`,
      tries,
      '≤ 31',
      tries > 1 && tries <= 31,
    )
    t.equal(told(at).length, 0)
    at.authority.clearFaults()
    for (let passedMs = 0; passedMs <= hourMs; passedMs += 15 * minuteMs) {
      await at.ensure()
      at.pass(15 * minuteMs)
    }
    figures.wanted(`messages within an hour after it, ${custody}`, told(at).length, 1)
    at.writeLogin(at.signIn())
    await at.ensure()
    await at.ensure()
    figures.wanted(`and when the need is over, ${custody}`, told(at).length - 1, 1)
  })

  t.test(`a need that is over before Slack is back, ${custody}`, async t => {
    const at = await alerting(t, custody, { login: 'dead' })
    at.authority.fail('slack', faults.drop(), 1_000_000)
    await at.ensure()
    at.writeLogin(at.signIn())
    await at.ensure()
    at.authority.clearFaults()
    for (let run = 0; run < 5; run += 1) {
      at.pass(hourMs)
      await at.ensure()
    }
    figures.wanted(`messages of a need nobody was told of, ${custody}`, told(at).length, 0)
  })

  t.test(`a log-out, ${custody}`, async t => {
    let messages = 0
    for (const way of ['mark', 'account', 'while needed'] as const) {
      const at = await alerting(t, custody)
      await at.ensure()
      if (way === 'mark') at.home.write(at.home.paths.signedOut, '')
      else at.home.write(at.home.paths.clientConfig, '{"hasCompletedOnboarding":true}')
      at.writeLogin(null)
      for (let run = 0; run < scale(2, 100); run += 1) {
        const { because } = await at.ensure()
        if (because !== 'signed-out') t.fail(`${way}: ${because}`)
        at.pass(10 * minuteMs)
      }
      messages += told(at).length
    }
    figures.wanted(`messages of log-outs, ${custody}`, messages, 0)
  })
}

t.test('two processes at once', async t => {
  let messages = 0
  const rounds = scale(1, 20)
  for (let round = 0; round < rounds; round += 1) {
    const box = await wrapped(t, { login: 'dead' })
    box.writeConfig({ version: 1, endpoints: endpoints(box), ...hook(box) })
    const ended = await Promise.all([box.ensure(), box.ensure()])
    for (const { outcome } of ended) t.match(outcome, { verdict: 'sign-in' })
    messages += told(box).length
  }
  figures.wanted(`messages of ${rounds} rounds of two processes at once`, messages, rounds)
})

function endpoints({ authority }: Pick<Engine, 'authority'>) {
  return { oauth: authority.url, api: authority.url }
}

t.test('many hosts of one user at once, on one document in OpenBao', async t => {
  const bao = await openBao(t)
  const count = scale(4, 20)
  const rounds = scale(1, 3)
  const sums = { begun: 0, over: 0, again: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const hosts = await hostsOf(t, bao, count)
    const [first] = hosts
    if (first === undefined) return
    const all = () => Promise.all(hosts.map((at, index) => ensureAs(at, `ws${index}`)))
    for (const at of hosts) at.authority.endFamily(at.login()?.accessToken ?? '')
    first.clock.ms += 9 * hourMs
    const outcomes = await all()
    for (const { verdict } of outcomes) t.equal(verdict, 'sign-in')
    sums.begun += begins(first)
    first.pass(minuteMs)
    await all()
    sums.again += told(first).length - begins(first)
    // A person signs in on one of them; the others take it over.
    first.writeLogin(first.signIn())
    await ensureAs(first, 'ws0')
    first.pass(2 * hourMs)
    await all()
    first.pass(minuteMs)
    await all()
    for (const at of hosts) t.ok(at.authority.accepts(at.login()?.accessToken ?? ''))
    sums.over += told(first).length - begins(first)
    t.comment(told(first).join('\n'))
  }
  figures.wanted(`messages of ${count} hosts at once, ${rounds} rounds`, sums.begun, rounds)
  figures.wanted('of the same hosts, still in need', sums.again, 0)
  figures.wanted('of the same hosts when it is over', sums.over, rounds)
})

async function hostsOf(t: Test, bao: OpenBao, count: number): Promise<Engine[]> {
  await bao.put(me, {})
  const first = await vaultEngine(t, bao, { config: { custody: 'sole' } })
  await first.ensure()
  const hosts = [first]
  while (hosts.length < count)
    hosts.push(
      await vaultEngine(t, bao, { login: 'none', beside: first, config: { custody: 'sole' } }),
    )
  for (const [index, at] of hosts.entries()) {
    const config = JSON.parse(readFileSync(at.home.configFile, 'utf8'))
    at.configure({ ...config, ...hook(at) })
    const { verdict } = await ensureAs(at, `ws${index}`)
    if (verdict !== 'ok') throw new Error(`host ${index}: ${verdict}`)
  }
  return hosts
}
