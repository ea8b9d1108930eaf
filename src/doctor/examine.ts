// One examination: all checks (or one), and the verdict over them.

import { configProblems } from '../host/config.js'
import { AuthError } from '../host/error.js'
import { exitCodes, type Verdict } from '../outcome.js'
import { configWrong, notHere } from '../report/doctor-text.js'
import { type Check, verdictOf } from './check.js'
import { runChecks } from './checks.js'
import { gathering } from './facts.js'
import type { Look } from './look.js'

export interface Examination {
  /** What it is about: this user's login, or the machine. */
  of: 'login' | 'machine'

  verdict: Verdict
  exitCode: number
  checks: Check[]
}

/** Changes nothing and spends nothing. A configuration that is wrong is a check that fails, and the only one. */
export async function examine(how: Look, only: string | null): Promise<Examination> {
  const { gather, isEntered } = gathering(how)
  try {
    const found = await runChecks(gather, only)
    const checks = found.length === 0 && only !== null ? [absent(only)] : found
    const engine = isEntered('engine') ? (await gather('engine')).verdict : 'ok'
    const verdict = verdictOf(engine, checks)
    return { of: 'login', verdict, exitCode: exitCodes[verdict], checks }
  } catch (error) {
    if (!(error instanceof AuthError) || !error.code.startsWith('config-')) throw error
    const more = Math.max(0, configProblems(error).length - 1)
    const words = configWrong(error.message, more, error.hint)
    const check: Check = { id: 'config', group: 'Set-up', state: 'fail', ...words, fixes: [] }
    return { of: 'login', verdict: 'broken', exitCode: error.exitCode, checks: [check] }
  }
}

function absent(id: string): Check {
  return { id, group: 'Set-up', state: 'note', ...notHere(), fixes: [] }
}
