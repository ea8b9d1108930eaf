// Programs of this machine that tests need: where one is missing they are skipped, but not in a run for all.

import { spawnSync } from 'node:child_process'

/** For tap's `skip`: false where `command` with `args` works here. Under CI=true a missing one is an error, not a skip. */
export function cannotRun(command: string, ...args: string[]): string | false {
  if (spawnSync(command, args).status === 0) return false
  const why = `${command} is missing or not allowed here`
  if (process.env['CI'] === 'true') throw new Error(why)
  return why
}
