// The end of a run that holds a gate: a run that is stuck is ended, and never between a request and its answer.

import { writeSync } from 'node:fs'

/** Longer than any run takes (ms). */
export const runMostMs = 5 * 60_000
/** A person may sit at the question of an installation (ms). */
export const installMostMs = 60 * 60_000
/** More than any request may take, and what is done with its answer (ms). */
const quietMs = 40_000

let requests = 0
let quietSinceMs = 0
let isLate = false

/** May a request still begin? Not once the time of this process is over. */
export function mayBegin(): boolean {
  return !isLate
}

/** Counts a request that is on its way; the function that it gives is called once, when nothing more can come of it. */
export function requestBegun(): () => void {
  requests++
  return () => {
    requests--
    quietSinceMs = performance.now()
  }
}

/**
 * Ends this process, as no exit of its own can fail to, once `mostMs` have passed and no request was on its way for
 * `quiet` ms since; no request begins meanwhile. The function that it gives calls that off.
 */
export function endAfter(mostMs: number, what: string, quiet = quietMs): () => void {
  let timer = setTimeout(late, mostMs)
  timer.unref()
  function late() {
    if (!isLate) quietSinceMs = performance.now()
    isLate = true
    if (requests === 0 && performance.now() - quietSinceMs >= quiet) end(what)
    timer = setTimeout(late, Math.min(quiet, 1_000))
    timer.unref()
  }
  return () => {
    clearTimeout(timer)
    isLate = false
  }
}

/** An ordinary exit would wait for threads that may never come back. */
function end(what: string): void {
  try {
    writeSync(2, `claude-auth: this run did not come to its end, and gives up ${what}\n`)
  } catch {
    // The reader is gone.
  }
  process.kill(process.pid, 'SIGKILL')
}
