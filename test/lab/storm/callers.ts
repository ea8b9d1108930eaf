// Rounds of callers: each round the login has ended, and 100 launches start at the same moment.

import type { Test } from 'tap'
import { atOnce, silentOnes, tokenClient, tokenLine } from '../../kit/at-once.js'
import { expireHere } from '../../kit/expire-here.js'
import { custodies, wrapped } from '../../kit/wrapped.js'
import { type Figures, scale } from '../figures.js'

const callersEach = 100

/** The rounds are shared out between the custodies. */
export async function callers(t: Test, figures: Figures): Promise<void> {
  const rounds = scale(2, 100)
  const sums = { requests: 0, reuses: 0, good: 0, firstRequests: 0 }
  for (const custody of custodies) {
    const box = await wrapped(t, {
      login: 'expired',
      client: tokenClient,
      config: { custody, renewal: { launchWait: '2m' } },
    })
    for (let round = 0; round < rounds / custodies.length; round++) {
      if (round > 0) await expireHere(box)
      const runs = await atOnce(box, callersEach)
      const token = box.login()?.accessToken ?? ''
      const good = box.authority.accepts(token) ? silentOnes(runs, tokenLine(token)) : 0
      const bad = runs.find(run => run.code !== 0 || run.stderr !== '')
      if (good < callersEach) t.comment(`${custody}, round ${round}: ${good} good`, bad)
      sums.good += good
      await box.settle()
      if (round === 0) sums.firstRequests += box.tokenRequests().ours.length
    }
    sums.requests += box.tokenRequests().ours.length
    sums.reuses += box.authority.counts().reuses
  }
  const first = `token requests of ${callersEach} processes on one ended login, in each custody`
  figures.wanted(first, `${sums.firstRequests / custodies.length}`, '1')
  figures.counted('rounds × callers', `${rounds} × ${callersEach}`)
  figures.wanted('token requests in them', sums.requests, rounds)
  figures.wanted(
    'silent exits of a client that has the live login',
    sums.good,
    rounds * callersEach,
  )
  figures.wanted('reuses in them', sums.reuses, 0)
}
