// The warnings before a login ends: each of the configured times once, only the nearest that has been passed.

import { type AlertCondition, type AlertMemory, addMessage } from './alert-memory.js'

/** An end told anew by the server may differ a little without being another sign-in's. */
const endSlackMs = 3_600_000

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
  return Math.abs(oneMs - otherMs) <= endSlackMs
}

/**
 * Adds the warning that is due, if any. A later end than any before starts anew; an earlier one does
 * not, so that two logins taking turns can't warn for ever.
 */
export function warn(
  next: AlertMemory,
  { withinMs, endsAtMs }: { withinMs: number; endsAtMs: number },
  nowMs: number,
): void {
  const before = next.warned
  const later = before === null || endsAtMs > before.endsAtMs + endSlackMs
  if (!later && withinMs >= before.withinMs) return
  next.warned = { endsAtMs: later ? endsAtMs : before.endsAtMs, withinMs }
  next.pending = next.pending.filter(message => message.kind !== 'login-ends')
  addMessage(next, { kind: 'login-ends', endsAtMs, sinceMs: nowMs, only: null }, nowMs)
}

/** The end is no longer near: a warning that nobody got yet is taken back. */
export function dropWarning(next: AlertMemory): void {
  const stale = next.pending.find(message => message.kind === 'login-ends')
  if (stale === undefined) return
  next.pending = next.pending.filter(message => message !== stale)
  if (stale.sentTo.length === 0) next.warned = null
}
