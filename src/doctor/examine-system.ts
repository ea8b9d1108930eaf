// One examination of the machine: is it set up for all its users?

import { existsSync } from 'node:fs'
import type { Env } from '../host/paths.js'
import type { Person } from '../host/person.js'
import { exitCodes, type Verdict } from '../outcome.js'
import type { Place } from '../place.js'
import type { Check } from './check.js'
import { systemChecks } from './check-system.js'
import type { Examination } from './examine.js'
import { machineSetUp } from './facts-system.js'

/** Changes nothing. `only`: just this check. */
export async function examineSystem(
  env: Env,
  person: Person,
  only: string | null,
): Promise<Examination> {
  const checks = systemChecks(await machineSetUp(env, person), only)
  const verdict = verdictOf(checks)
  return { of: 'machine', verdict, exitCode: exitCodes[verdict], checks }
}

/** A root who has never used Claude here wants to know of the machine, not of a login. */
export function isUnusedRoot({ person, paths }: Place): boolean {
  const traces = [paths.loginFile, paths.clientConfig, paths.stateFile]
  return person.uid === 0 && !traces.some(path => existsSync(path))
}

function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some(({ state }) => state === 'fail')) return 'broken'
  return checks.some(({ state }) => state === 'warn') ? 'attention' : 'ok'
}
