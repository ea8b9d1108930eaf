// When a message goes out: a pure rule over a small memory. One when a condition begins, one when it is over.

import type { AlertCondition, AlertMemory, AlertMessage } from './alert-memory.js'
import { dropWarning, warn } from './early-warning.js'
import { beginSignIn, closeSilently, endSignIn, sumUp } from './sign-in-alert.js'

export { emptyAlertMemory } from './alert-memory.js'
export type { AlertCondition, AlertMemory, AlertMessage }

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const firstRetryMs = minuteMs
const longestRetryMs = hourMs

/**
 * The rule. `messages` are to be delivered now, undelivered ones of earlier runs among them; save
 * `memory` before that, and what `afterDelivery` makes of it afterwards. Call it under the gate, and
 * only while there is a sink to deliver to.
 */
export function nextAlert(
  memory: AlertMemory,
  condition: AlertCondition | null,
  nowMs: number,
): { memory: AlertMemory; messages: AlertMessage[] } {
  const next = structuredClone(memory)
  next.sentAtMs = next.sentAtMs.filter(atMs => atMs <= nowMs && nowMs - atMs < hourMs)
  const known = new Set(next.pending.map(message => message.id))

  if (condition?.kind !== 'sign-in') endSignIn(next, nowMs)
  else if (condition.because === 'signed-out') closeSilently(next)
  else beginSignIn(next, condition, nowMs)
  sumUp(next, nowMs)
  if (condition?.kind === 'login-ends') warn(next, condition, nowMs)
  else dropWarning(next)
  if (next.pending.length === 0) next.retry = null

  const fresh = next.pending.some(message => !known.has(message.id))
  const due =
    next.retry === null || nowMs >= next.retry.atMs || clockWentBack(next.retry.atMs, nowMs)
  return { memory: next, messages: fresh || due ? structuredClone(next.pending) : [] }
}

/**
 * The memory after a delivery: `left` is what some sink has not taken, and `why`. It is tried again after a
 * minute, then after twice as long each time up to an hour; a new message tries all at once.
 */
export function afterDelivery(
  memory: AlertMemory,
  left: AlertMessage[],
  nowMs: number,
  why = '',
): AlertMemory {
  const failures = (memory.retry?.failures ?? 0) + 1
  const waitMs = Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), longestRetryMs)
  const retry = left.length === 0 ? null : { atMs: nowMs + waitMs, failures, why }
  return { ...memory, pending: structuredClone(left), retry }
}

function clockWentBack(retryAtMs: number, nowMs: number): boolean {
  return retryAtMs - nowMs > longestRetryMs
}
