// `claude-auth log` on this process's standard streams.

import type { Env } from '../host/paths.js'
import { notOurs, placeOf } from '../place.js'
import { inkFor } from '../report/ink.js'
import { widthOf } from '../report/wrap.js'
import { log } from './log.js'

/** Prints the journal of this user's login. */
export async function logCommand(argv: string[], env: Env): Promise<number> {
  const { stdout } = process
  const place = placeOf(env)
  if (!place.owned) throw notOurs(place)
  return log(argv, {
    stdout: text => stdout.write(text),
    stderr: text => process.stderr.write(text),
    nowMs: Date.now(),
    paths: place.paths,
    ink: await inkFor(env, stdout.isTTY === true),
    width: stdout.isTTY === true ? widthOf(stdout) : null,
  })
}
