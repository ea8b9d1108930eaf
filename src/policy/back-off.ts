// Waiting between failed renewals: 1 s doubling to 5 min, with jitter, and at most 12 tries in 10 minutes.

const firstWaitMs = 1_000
const longestWaitMs = 5 * 60_000
/** What a server may ask for with `Retry-After`; more would leave the login to die of one odd header. */
const longestRetryAfterMs = 60 * 60_000
const windowMs = 10 * 60_000
const mostTries = 12

export interface BackOff {
  failures: number
  nextTryAtMs: number
  /** The tries of the last ten minutes. */
  triesAtMs: readonly number[]
}

/**
 * The back-off after one more failure. `random` (0 to 1) puts the wait between half and the whole of its step, so that
 * processes and hosts don't retry at the same moment.
 */
export function backedOff(
  before: BackOff | null,
  retryAfterMs: number | null,
  nowMs: number,
  random: number,
): BackOff {
  const failures = (before?.failures ?? 0) + 1
  const step = Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 20), longestWaitMs)
  const asked = Math.min(retryAfterMs ?? 0, longestRetryAfterMs)
  const recent = (before?.triesAtMs ?? []).filter(at => at <= nowMs && nowMs - at < windowMs)
  const triesAtMs = [...recent, nowMs].slice(-mostTries)
  const full = triesAtMs.length >= mostTries ? (triesAtMs[0] ?? nowMs) + windowMs : 0
  const nextTryAtMs = Math.max(nowMs + Math.max(step * (0.5 + random / 2), asked), full)
  return { failures, nextTryAtMs, triesAtMs }
}
