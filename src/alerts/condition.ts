// When a message goes out: a pure rule over a small memory. One when a condition begins, one when it is over.

import type { SignInReason } from '../policy/outcome.js'
import { hourMs, minuteMs } from '../system/time.js'
import type { Trouble } from '../system/trouble.js'
import { type AlertCondition, type AlertMemory, type AlertMessage, addMessage } from './memory.js'

export { emptyAlertMemory } from './memory.js'

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
 * The memory after a delivery: `left` is what some sink has not taken, and `trouble` why. It is tried again after a
 * minute, then after twice as long each time up to an hour; a new message tries all at once.
 */
export function afterDelivery(
  memory: AlertMemory,
  left: AlertMessage[],
  nowMs: number,
  trouble: Trouble | null = null,
): AlertMemory {
  const failures = (memory.retry?.failures ?? 0) + 1
  const waitMs = Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), longestRetryMs)
  const retry = left.length === 0 ? null : { atMs: nowMs + waitMs, failures, trouble }
  return { ...memory, pending: structuredClone(left), retry }
}

function clockWentBack(retryAtMs: number, nowMs: number): boolean {
  return retryAtMs - nowMs > longestRetryMs
}

/** At most this many messages an hour, then one summary. */
const mostPerHour = 4
/** After this long without a change the summary is sent. */
const settledMs = 10 * minuteMs

/** A person is needed: sent once, even if the reason changes later. */
function beginSignIn(
  next: AlertMemory,
  { because, sinceMs }: { because: SignInReason; sinceMs?: number | null },
  nowMs: number,
): void {
  if (next.signIn !== null) {
    // Not sent yet: then with the current reason.
    for (const message of next.pending) {
      if (message.kind === 'sign-in-needed' && message.sentTo.length === 0)
        message.because = because
    }
    return
  }
  next.signIn = { sinceMs: Math.min(sinceMs ?? nowMs, nowMs), because }
  change(next, 'sign-in-needed', next.signIn, nowMs)
}

/** A person is no longer needed. */
function endSignIn(next: AlertMemory, nowMs: number): void {
  if (next.signIn === null) return
  const { signIn } = next
  next.signIn = null
  change(next, 'sign-in-over', signIn, nowMs)
}

/** A log-out is the user's own wish: neither it nor its end is sent. */
function closeSilently(next: AlertMemory): void {
  next.signIn = null
  next.unsteady = null
  next.pending = next.pending.filter(message => message.kind === 'login-ends')
}

/** One change of the condition: a message, the withdrawal of one that was not delivered, or only a count. */
function change(
  next: AlertMemory,
  kind: 'sign-in-needed' | 'sign-in-over',
  { sinceMs, because }: { sinceMs: number; because: SignInReason },
  nowMs: number,
): void {
  const untold = next.pending.find(message => message.kind !== 'login-ends')
  next.pending = next.pending.filter(message => message !== untold)
  if (next.unsteady !== null) {
    next.unsteady = { ...next.unsteady, changes: next.unsteady.changes + 1, lastMs: nowMs }
    return
  }
  if (untold !== undefined && untold.kind !== 'sign-in-unsteady' && untold.sentTo.length === 0) {
    const at = next.sentAtMs.indexOf(untold.atMs)
    if (at >= 0) next.sentAtMs.splice(at, 1)
    return
  }
  if (next.sentAtMs.length >= mostPerHour) {
    next.unsteady = { sinceMs: nowMs, lastMs: nowMs, changes: 1 }
    return
  }
  // Readers who missed the previous message still believe what is true again now.
  const only = untold === undefined || untold.kind === 'sign-in-unsteady' ? null : untold.sentTo
  send(next, { kind, because, sinceMs, only }, nowMs)
}

/** The one line after too many changes, once nothing has changed for a while. */
function sumUp(next: AlertMemory, nowMs: number): void {
  const { unsteady } = next
  if (unsteady === null) return
  if (nowMs >= unsteady.lastMs && nowMs - unsteady.lastMs < settledMs) return
  if (next.sentAtMs.length > mostPerHour) return
  next.unsteady = null
  const { changes, sinceMs } = unsteady
  const now = { needed: next.signIn !== null, because: next.signIn?.because ?? null }
  send(next, { kind: 'sign-in-unsteady', ...now, changes, sinceMs, only: null }, nowMs)
}

function send(next: AlertMemory, message: Parameters<typeof addMessage>[1], nowMs: number): void {
  addMessage(next, message, nowMs)
  next.sentAtMs.push(nowMs)
}

/** An end that the server repeats may differ a little without being another sign-in. */
const sameEndMs = hourMs

/** The condition for a login that ends at `endsAtMs`, or null while no time of `beforeEndMs` has been passed. */
export function loginEndsCondition(
  endsAtMs: number | null,
  beforeEndMs: readonly number[],
  nowMs: number,
): Extract<AlertCondition, { kind: 'login-ends' }> | null {
  if (endsAtMs === null || endsAtMs <= nowMs) return null
  const passed = beforeEndMs.filter(before => endsAtMs - nowMs <= before)
  return passed.length === 0
    ? null
    : { kind: 'login-ends', withinMs: Math.min(...passed), endsAtMs }
}

/** Is it the same sign-in's end? */
export function isSameEnd(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= sameEndMs
}

/**
 * Adds the warning that is due, if any. A later end than any before starts over; an earlier one does
 * not, so that two logins taking turns can't warn endlessly.
 */
function warn(
  next: AlertMemory,
  { withinMs, endsAtMs }: { withinMs: number; endsAtMs: number },
  nowMs: number,
): void {
  const before = next.warned
  const later = before === null || endsAtMs > before.endsAtMs + sameEndMs
  if (!later && withinMs >= before.withinMs) return
  next.warned = { endsAtMs: later ? endsAtMs : before.endsAtMs, withinMs }
  next.pending = next.pending.filter(message => message.kind !== 'login-ends')
  addMessage(next, { kind: 'login-ends', endsAtMs, sinceMs: nowMs, only: null }, nowMs)
}

/** The end is no longer near: an undelivered warning is withdrawn. */
function dropWarning(next: AlertMemory): void {
  const stale = next.pending.find(message => message.kind === 'login-ends')
  if (stale === undefined) return
  next.pending = next.pending.filter(message => message !== stale)
  if (stale.sentTo.length === 0) next.warned = null
}
