// The refresh token on its way back into the login file (what an end of sole custody does), killed at each of its steps.

import type { Test } from 'tap'
import { type KillPoint, killPoints, runKilled } from '../../kit/kill-points.js'
import { type Sandbox, sandbox } from '../../kit/sandbox.js'

/** A home whose refresh token is in the sealed store, and whose configuration wants it back. */
async function toBeHandedBack(t: Test): Promise<Sandbox> {
  const box = await sandbox(t, { config: { custody: 'sole' } })
  const { outcome } = await box.ensure()
  if (outcome?.verdict !== 'ok' || box.login()?.refreshToken !== null)
    throw new Error('it was not taken into custody')
  box.writeConfig({
    version: 1,
    endpoints: { oauth: box.authority.url, api: box.authority.url },
    custody: 'shared',
  })
  return box
}

/** Where it can be killed. */
export async function steps(t: Test, exhaustive: boolean): Promise<KillPoint[]> {
  return killPoints(await toBeHandedBack(t), exhaustive)
}

/** What was wrong after it was killed at `point` and the next run had been. */
export async function killedAt(t: Test, point: KillPoint): Promise<string[]> {
  const box = await toBeHandedBack(t)
  const { authority } = box
  const wrong: string[] = []
  await runKilled(box, point)
  if (authority.accepts(box.login()?.accessToken ?? '') === null)
    wrong.push('a session would have found a dead login')
  const { outcome } = await box.ensure()
  if (outcome?.verdict !== 'ok') wrong.push(`then ${outcome?.verdict} ${outcome?.because}`)
  const login = box.login()
  if (login === null || login.refreshToken === null) return [...wrong, 'it was not handed back']
  // It is the newest: it can be spent.
  box.writeLogin({ ...login, expiresAt: Date.now() - 1000 })
  authority.expireAccess(login.accessToken)
  const renewed = await box.ensure()
  if (renewed.outcome?.verdict !== 'ok') wrong.push('what was handed back is of no use')
  const { rotations, reuses } = authority.counts()
  if (rotations !== 1 || reuses !== 0) wrong.push(`${rotations} rotations, ${reuses} reuses`)
  return wrong
}
