// One path, two hosts, sole custody: long sessions of real clients, bare ones too, over several renewals.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { accessToken, boxes, type Host, intentOf } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { realClient } from '../kit/real-clients.js'
import { type Session, signalSessions, startSession } from '../kit/session.js'

const [newer, older] = [realClient('new'), realClient('old')]
const skip = newer.skip || older.skip

t.test('sessions of both versions on both hosts', { skip }, async t => {
  const bao = await openBao(t)
  const [one, two] = (await boxes(t, bao, 2, {
    client: newer.path,
    via: 'proxy',
    login: 'expired',
    config: { custody: 'sole', renewal: { at: '5%' } },
    authority: { accessLifeMs: 100_000 },
  })) as [Host, Host]
  const { authority } = one
  const sessions: Record<string, Session> = {
    'new on ws1, through the wrapper': startSession(one, one.wrapper),
    'old on ws1, bare': startSession(one, older.path),
    'new on ws2, bare': startSession(two, newer.path),
    'old on ws2, through the wrapper': startSession(
      { ...two, env: { ...two.env, CLAUDE_AUTH_CLIENT: older.path } },
      two.wrapper,
    ),
  }
  const askAll = async (what: string, except = '') => {
    const asked = Object.entries(sessions).filter(([name]) => name !== except)
    const answers = await Promise.all(
      asked.map(async ([name, session]) => [name, await session.ask(what)] as const),
    )
    for (const [name, answer] of answers) t.equal(answer, 'Hello.', `${name}: ${what}`)
  }
  const held = (what: string) => {
    t.same(one.tokenRequests().theirs, [], `${what}: no client at the token endpoint`)
    t.equal(authority.counts().reuses, 0, what)
    for (const host of [one, two]) {
      t.equal(host.login()?.refreshToken, null, `${what}: no refresh token on ${host.name}`)
      t.ok(authority.accepts(accessToken(host) ?? ''), `${what}: ${host.name} is signed in`)
    }
  }
  await askAll('at first')
  held('at first')
  const atFirst = authority.counts().rotations

  const stopped = 'new on ws2, bare'
  for (const turn of [1, 2, 3]) {
    await sleep(5500)
    // One host after the other renews; in the third turn a session sleeps through it.
    const [first, second] = turn % 2 === 1 ? [one, two] : [two, one]
    if (turn === 3) t.ok((await signalSessions(two, newer.path, 'SIGSTOP')) > 0)
    const [before, beforeThere] = [accessToken(first) ?? '', accessToken(second) ?? '']
    const [renewed, adopted] = await Promise.all([
      first.ensure(),
      sleep(200).then(() => second.ensure()),
    ])
    for (const [host, token] of [
      [first, before],
      [second, beforeThere],
    ] as const)
      if (accessToken(host) !== token) authority.expireAccess(token)
    t.match([renewed.outcome, adopted.outcome], [{ verdict: 'ok' }, { verdict: 'ok' }])
    t.not(accessToken(first), before)
    t.ok(authority.counts().rotations - atFirst >= turn)
    await askAll(`after renewal ${turn}`, turn === 3 ? stopped : '')
    held(`renewal ${turn}`)
    if (turn === 3) {
      await signalSessions(two, newer.path, 'SIGCONT')
      t.equal(await sessions[stopped]?.ask('awake again'), 'Hello.')
      held('awake again')
    }
  }
  t.equal(await intentOf(bao), null)
  for (const session of Object.values(sessions)) t.equal(await session.end(), 0)
  for (const host of [one, two, one])
    t.match((await host.ensure(['--force'])).outcome, { verdict: 'ok' })
  held('at last')
  t.equal(
    authority.counts().tokenRequests,
    authority.counts().rotations,
    'each one brought a new login',
  )
})
