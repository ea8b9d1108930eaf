// The refresh token on its way back into the login file, where sole custody ends, killed at each of its steps.

import type { Test } from 'tap'
import { type KillPoint, killPoints, runKilled } from '../../kit/kill-points.js'
import { type Sandbox, sandbox } from '../../kit/sandbox.js'

/** A way for sole custody to end. */
export interface End {
  /** A home whose refresh token is in the sealed store, and is about to be handed back. */
  begin(t: Test): Promise<Sandbox>
  /** What `claude-auth` is to do then. */
  words: string[]
  /** What comes after a kill, in the `nth` case: tells what was wrong. */
  goOn(box: Sandbox, nth: number): Promise<string[]>
}

async function inCustody(box: Sandbox): Promise<Sandbox> {
  const { outcome } = await box.ensure()
  if (outcome?.verdict !== 'ok' || box.login()?.refreshToken !== null)
    throw new Error('it was not taken into custody')
  return box
}

async function nextRun(box: Sandbox): Promise<string[]> {
  const { outcome } = await box.ensure()
  return outcome?.verdict === 'ok' ? [] : [`then ${outcome?.verdict} ${outcome?.because}`]
}

async function nextRemoval(box: Sandbox): Promise<string[]> {
  const { code, stderr } = await box.command(['uninstall'])
  return code === 0 ? [] : [`the second removal ended with ${code}: ${stderr}`]
}

export const ends = {
  'by configuration': {
    begin: async t => {
      const box = await inCustody(await sandbox(t, { config: { custody: 'sole' } }))
      const { url } = box.authority
      box.writeConfig({ version: 1, endpoints: { oauth: url, api: url }, custody: 'shared' })
      return box
    },
    words: ['ensure'],
    goOn: nextRun,
  },
  'by uninstall': {
    begin: async t => {
      const box = await sandbox(t)
      const { code, stderr } = await box.command(['install', '--custody', 'sole'])
      if (code !== 0) throw new Error(`install: ${stderr}`)
      return inCustody(box)
    },
    words: ['uninstall'],
    // Now and then the timer, or a launch, is faster than the second removal.
    goOn: async (box, nth) => [
      ...(nth % 2 === 0 ? await nextRun(box) : []),
      ...(await nextRemoval(box)),
    ],
  },
} satisfies Record<string, End>

/** Where it can be killed. */
export async function steps(t: Test, end: End, exhaustive: boolean): Promise<KillPoint[]> {
  const points = await killPoints(await end.begin(t), exhaustive, end.words)
  // The program's own files go one after another: any one stands for all.
  const isProgram = ({ path, what }: KillPoint) => /\.local\/lib\//.test(path ?? what)
  return points.filter((point, index) => !isProgram(point) || index % 20 === 0)
}

/** Was it killed at `point` (it may take another course than when it was watched), and what was wrong after the next run. */
export async function killedAt(
  t: Test,
  end: End,
  point: KillPoint,
  nth: number,
): Promise<{ isKilled: boolean; wrong: string[] }> {
  const box = await end.begin(t)
  const { authority } = box
  const wrong: string[] = []
  const { signal, code } = await runKilled(box, point, 'SIGKILL', end.words)
  const isKilled = signal === 'SIGKILL'
  if (!isKilled && code !== 0) wrong.push(`it was not killed, and ended with ${code}`)
  if (authority.accepts(box.login()?.accessToken ?? '') === null)
    wrong.push('a session would have found a dead login')
  wrong.push(...(await end.goOn(box, nth)))
  const login = box.login()
  if (login === null || login.refreshToken === null)
    return { isKilled, wrong: [...wrong, 'it was not handed back'] }
  // It is the newest: it can be spent.
  box.writeLogin({ ...login, expiresAt: Date.now() - 1000 })
  authority.expireAccess(login.accessToken)
  const renewed = await box.ensure()
  if (renewed.outcome?.verdict !== 'ok') wrong.push('what was handed back is of no use')
  const { rotations, reuses } = authority.counts()
  if (rotations !== 1 || reuses !== 0) wrong.push(`${rotations} rotations, ${reuses} reuses`)
  return { isKilled, wrong }
}
