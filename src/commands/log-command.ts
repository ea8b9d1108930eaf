// `claude-auth log` on this process's standard streams.

import type { Env } from '../host/paths.js'
import { placeOf } from '../start.js'
import { log } from './log.js'

/** Prints the journal of this user's login. */
export async function logCommand(argv: string[], env: Env): Promise<number> {
  return log(argv, {
    stdout: text => process.stdout.write(text),
    stderr: text => process.stderr.write(text),
    env,
    nowMs: Date.now(),
    paths: placeOf(env).paths,
    terminal: process.stdout.isTTY === true,
  })
}
