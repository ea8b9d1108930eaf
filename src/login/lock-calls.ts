// The file calls of proper-lockfile, answered at once.

import { mkdirSync, realpathSync, rmdirSync, statSync, utimesSync } from 'node:fs'

/**
 * For its option `fs`. Each call through Node's thread pool costs a turn, and the pool its threads: 10 ms in a
 * launch that waits.
 */
export const atOnce = {
  mkdir: byCallback(mkdirSync),
  rmdir: byCallback(rmdirSync),
  stat: byCallback(statSync),
  utimes: byCallback(utimesSync),
  realpath: byCallback(realpathSync),
  // proper-lockfile would give its locks up when the process exits. Where we end in the middle nobody may post
  // again what we have posted: they stay, and the next run, which knows them as ours, ends what was begun.
  rmdirSync: () => undefined,
}

/** Its last argument is the callback, given the error or the result. */
function byCallback(call: (...args: never[]) => unknown) {
  return (...args: unknown[]) => {
    const callback = args.pop() as (error: unknown, result?: unknown) => void
    let result: unknown
    try {
      result = call(...(args as never[]))
    } catch (error) {
      return callback(error)
    }
    return callback(null, result)
  }
}
