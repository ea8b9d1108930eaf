// `claude-auth log` on this process's standard streams.

import { loginContextOf, notOurs } from '../engine/login-context.js'
import type { Env } from '../system/paths.js'
import { inkFor } from '../text/ink.js'
import { widthOf } from '../text/wrap.js'
import { log } from './show-log.js'

/** Prints the journal of this user's login. */
export async function logCommand(argv: string[], env: Env): Promise<number> {
  const { stdout } = process
  const place = loginContextOf(env)
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
