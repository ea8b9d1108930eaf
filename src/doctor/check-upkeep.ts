// Checks of what works while nobody looks: timer, alerts, and locks that nobody gives back.

import { alertWords, lockWords, timerWords } from '../report/doctor-upkeep-text.js'
import { type Finding, found, ok } from './check.js'
import type { AlertFacts } from './facts-alerts.js'
import type { LockFacts } from './facts-locks.js'
import type { LoginFacts } from './facts-login.js'
import type { TimerFacts } from './facts-timer.js'

/** It runs every 15 minutes with jitter; a machine that slept for a night is no fault. */
const silentMs = 26 * 3_600_000

/** Does somebody renew while nobody launches, and when did that last happen? */
export function timer({ login, timer }: { login: LoginFacts; timer: TimerFacts }): Finding {
  const nowMs = login.run.now()
  const { timers, loop, hasSystemd } = timer
  if (loop !== null) return ok(timerWords.loops(loop))
  const active = timers.find(({ isActive }) => isActive)
  if (!active) {
    const stopped = timers[0]
    if (stopped) return found('warn', timerWords.stopped(stopped.of))
    return found('note', hasSystemd ? timerWords.none : timerWords.noSystemd)
  }
  const { of, lastRunMs, result } = active
  if (result !== null && !['success', 'exec-condition'].includes(result))
    return found('warn', timerWords.failed(result, of, login.place.person.user))
  const lastMs = Math.max(lastRunMs ?? 0, timer.lastChangeMs ?? 0) || null
  if (lastMs !== null && nowMs - lastMs > silentMs)
    return found('warn', timerWords.silent(lastMs, nowMs, of))
  return ok(timerWords.runs(lastMs, nowMs, of))
}

/** Would somebody hear of it when a sign-in is needed? */
export function alerts({ sinks, waiting, test }: AlertFacts): Finding {
  if (test?.kind === 'sent') return ok(alertWords.tested)
  if (test?.kind === 'failed') return found('warn', alertWords.untaken(test.why))
  if (test?.kind === 'nobody') return found('warn', alertWords.nobody)
  if (sinks.length === 0) return found('note', alertWords.nobody)
  for (const { trouble } of sinks)
    if (trouble !== null) return found('warn', alertWords.broken(trouble.message, trouble.hint))
  if (waiting !== null) return found('warn', alertWords.trouble(waiting))
  return ok(alertWords.good(sinks.map(({ to }) => to).join(' and ')))
}

/** Locks of the client's whose holder is gone. */
export function locks(locks: LockFacts): Finding {
  const left = locks.filter(({ state }) => state !== 'held')
  const [first] = left
  if (first) {
    const fixes = left.map(
      ({ path, birthtimeMs }) => ({ do: 'remove-lock', path, birthtimeMs }) as const,
    )
    const { path, ageMs, state } = first
    const words = state === 'dead' ? lockWords.dead(path) : lockWords.stale(path, ageMs)
    return found('warn', words, ...fixes)
  }
  const [held] = locks
  return held ? found('note', lockWords.held(held.path, held.ageMs)) : ok(lockWords.none)
}
