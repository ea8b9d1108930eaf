// One renewal that is killed somewhere, and the run after it: what the server did, and what became of the login.

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Sandbox, sandbox } from '../../kit/sandbox.js'
import { isUnanswered } from '../../kit/unanswered.js'

/** `healthy`: the live login. `window`: rotated, and killed before the answer was written. */
export interface AfterKill {
  what: 'healthy' | 'window' | 'lost'
  /** The next run had to take the token for maybe spent, although the server had not rotated. */
  needlessDoubt: boolean
  reuses: number
  nextMs: number
  story: string
}

export type Act = (box: Sandbox) => Promise<unknown>

/** An ended login; `act` runs `claude-auth ensure` and kills it. */
export async function killedOnce(t: Test, custody: string, act: Act): Promise<AfterKill> {
  const box = await sandbox(t, { login: 'expired', via: 'proxy', config: { custody } })
  await act(box)
  // What strace or a killed launch left behind has to be gone: the gate is free only then.
  await box.settle()
  const rotated = box.authority.counts().rotations === 1
  const unanswered = isUnanswered(box)
  // As people come back: not within the first pause.
  await sleep(1100)
  let next = await box.ensure()
  // Killed between the record of a request and the request: the token is in doubt, and tried again after a pause.
  if (unanswered && !rotated && next.outcome?.verdict === 'no-answer') {
    await sleep(1100)
    next = await box.ensure()
  }
  const { reuses } = box.authority.counts()
  const isGood = box.authority.accepts(box.login()?.accessToken ?? '') !== null
  const isHealthy = next.outcome?.verdict === 'ok' && isGood && !existsSync(box.home.paths.answer)
  const isWindow = rotated && unanswered
  const doubted = box.journal().some(({ because }) => because === 'maybe-spent')
  return {
    what: isHealthy ? 'healthy' : isWindow ? 'window' : 'lost',
    needlessDoubt: doubted && !rotated,
    reuses: isWindow ? 0 : reuses,
    nextMs: next.ms,
    story: `rotated ${rotated}, then ${next.outcome?.verdict} ${next.outcome?.because}, reuses ${reuses}`,
  }
}
