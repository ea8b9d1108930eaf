// This machine's clock beside the server's: a difference that would mislead us is remembered and said.

import { type Run, remember } from '../run.js'

/** A smaller difference of the clocks harms nobody. */
const tolerableMs = 5 * 60_000

/** `serverNowMs` is the `Date` of a reply that just came; null when it had none. */
export function noteClock(run: Run, serverNowMs: number | null): void {
  if (serverNowMs === null) return
  const offMs = run.now() - serverNowMs
  const clockOffMs = Math.abs(offMs) > tolerableMs ? offMs : 0
  if (clockOffMs !== 0 || run.memory.clockOffMs !== 0) remember(run, { clockOffMs })
}
