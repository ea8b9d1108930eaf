// What the scenes of the guided demo have in common: a launch as the user sees it, and the log of it.

import type { Narrator } from './narrator.js'
import type { Ran } from './run-program.js'
import { modelSays, type Stage } from './stage.js'

/** One scene: it tells, does, and checks what it told. */
export type Scene = (stage: Stage, narrator: Narrator) => Promise<void>

export interface Launch extends Ran {
  /** How often claude-auth asked the token endpoint meanwhile. */
  renewals: number
  answered: boolean
}

/** Runs `claude -p …` in front of the audience, then shows what claude-auth wrote down about it. */
export async function launch(stage: Stage, narrator: Narrator): Promise<Launch> {
  const linesBefore = stage.journalLength()
  const renewalsBefore = renewalsOf(stage)
  const question = 'Are you there?'
  narrator.command(`claude -p "${question}"`)
  const ran = await stage.run('claude', ['-p', question])
  await stage.settle()
  if (ran.stderr !== '') narrator.quote(ran.stderr, 'warning')
  if (ran.stdout !== '') narrator.quote(ran.stdout)
  await showLog(stage, narrator, stage.journalLength() - linesBefore)
  return {
    ...ran,
    renewals: renewalsOf(stage) - renewalsBefore,
    answered: ran.code === 0 && ran.stdout.includes(modelSays),
  }
}

/** The client's own requests have another name. */
function renewalsOf({ authority }: Stage): number {
  return authority.requests.filter(
    ({ endpoint, userAgent }) => endpoint === 'token' && userAgent.startsWith('claude-auth/'),
  ).length
}

async function showLog(stage: Stage, narrator: Narrator, count: number): Promise<void> {
  if (count === 0) return
  narrator.command(`claude-auth log -n ${count}`)
  const { stdout, stderr } = await stage.run('claude-auth', ['log', '-n', String(count)])
  narrator.quote(stdout + stderr)
  narrator.gap()
}

/** Time passes: the access token is over, for the server and by what the login file says. */
export function letTimePass({ authority, login, writeLogin }: Stage): void {
  const before = login()
  authority.expireAccess(before.accessToken)
  writeLogin({ ...before, expiresAt: Date.now() - 3_600_000 })
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
