// A client met a 401: what the server said of the login before that is no longer believed.

import { statSync } from 'node:fs'
import { removeQuietly } from '../host/atomic-write.js'
import type { Run } from '../run.js'

/** Takes up the mark that a hook has left, if there is one: this run asks the server about the login. */
export function noticeDoubt(run: Run): void {
  const mark = statSync(run.paths.doubted, { throwIfNoEntry: false })
  // Without the network nobody can be asked: the mark waits for the next run.
  if (mark === undefined || run.offline) return
  run.doubtedAtMs = Math.min(mark.mtimeMs, run.now())
  removeQuietly(run.paths.doubted)
}
