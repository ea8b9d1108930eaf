// Bare sessions of real clients on two hosts and one path, one of them stopped over a rotation; what became of them, by custody.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { accessToken, boxes, type Host } from '../../kit/hosts.js'
import type { OpenBao } from '../../kit/openbao.js'
import { realClient } from '../../kit/real-clients.js'
import { type Session, signalSessions, startSession } from '../../kit/session.js'

const [newer, older] = [realClient('new'), realClient('old')]
export const skip = newer.skip || older.skip

export interface Sessions {
  prompts: number
  /** Prompts that were not answered as a signed-in session answers them. */
  signedOut: number
  /** Requests of the sessions at the token endpoint. */
  theirRequests: number
  ourRequests: number
  ourReuses: number
  reuses: number
}

/** `turns` renewals, one host after the other; in every second turn the stopped session sleeps through one. */
export async function sessions(
  t: Test,
  bao: OpenBao,
  { custody, turns }: { custody: string; turns: number },
): Promise<Sessions> {
  const [one, two] = (await boxes(t, bao, 2, {
    client: newer.path,
    via: 'proxy',
    login: 'expired',
    config: { custody, renewal: { at: '5%' } },
    authority: { accessLifeMs: 100_000 },
  })) as [Host, Host]
  const { authority } = one
  const counts = { prompts: 0, signedOut: 0 }
  // The set-up posted an expired login's token once.
  const before = {
    ours: one.tokenRequests().ours.length,
    theirs: one.tokenRequests().theirs.length,
  }
  const all: Record<string, Session> = {
    'new on ws1': startSession(one, newer.path),
    'old on ws1': startSession(one, older.path),
    'old on ws2': startSession(two, older.path),
    'new on ws2, the one that is stopped': startSession(two, newer.path),
  }
  const stopped = 'new on ws2, the one that is stopped'
  const ask = async (names: string[], what: string) => {
    await Promise.all(
      names.map(async name => {
        const answer = await all[name]?.ask(what)
        counts.prompts += 1
        if (answer === 'Hello.') return
        counts.signedOut += 1
        t.comment(`${name}, ${what}: ${answer}`)
      }),
    )
  }
  await ask(Object.keys(all), 'at first')
  for (let turn = 1; turn <= turns; turn++) {
    // Past the twentieth part of its life.
    await sleep(5500)
    const isAsleep = turn % 2 === 1
    if (isAsleep && (await signalSessions(two, newer.path, 'SIGSTOP')) === 0)
      throw new Error('there is no session to stop')
    const old = [one, two].map(accessToken)
    const [first, second] = isAsleep ? [one, two] : [two, one]
    await first.ensure()
    await second.ensure()
    for (const token of old)
      if (token !== undefined && token !== accessToken(one)) authority.expireAccess(token)
    const awake = Object.keys(all).filter(name => !isAsleep || name !== stopped)
    await ask(awake, `after renewal ${turn}`)
    if (isAsleep) {
      await signalSessions(two, newer.path, 'SIGCONT')
      await ask([stopped], `awake after renewal ${turn}`)
    }
  }
  for (const session of Object.values(all)) await session.end()
  const { ours, theirs } = one.tokenRequests()
  return {
    ...counts,
    theirRequests: theirs.length - before.theirs,
    ourRequests: ours.length - before.ours,
    ourReuses: one.ourReuses().length,
    reuses: authority.counts().reuses,
  }
}
