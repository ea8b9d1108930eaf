// The one condition "a person has to sign in": its begin, its end, and what happens when it will not settle.

import type { SignInReason } from '../outcome.js'
import { type AlertMemory, addMessage } from './alert-memory.js'

/** In any hour: so many messages, and after them one that sums up. */
export const mostPerHour = 4
/** So long nothing has changed: then it is summed up. */
export const settledMs = 10 * 60_000

/** A person is needed: told once, whatever the reason becomes later. */
export function beginSignIn(
  next: AlertMemory,
  { because, sinceMs }: { because: SignInReason; sinceMs?: number | null },
  nowMs: number,
): void {
  if (next.signIn !== null) {
    // Not told yet: then with the reason of now.
    for (const message of next.pending) {
      if (message.kind === 'sign-in-needed' && message.sentTo.length === 0)
        message.because = because
    }
    return
  }
  next.signIn = { sinceMs: Math.min(sinceMs ?? nowMs, nowMs), because }
  change(next, 'sign-in-needed', next.signIn, nowMs)
}

/** Nobody is needed any more. */
export function endSignIn(next: AlertMemory, nowMs: number): void {
  if (next.signIn === null) return
  const { signIn } = next
  next.signIn = null
  change(next, 'sign-in-over', signIn, nowMs)
}

/** A log-out is the user's own wish: nobody is told, and nobody is told that it is over. */
export function closeSilently(next: AlertMemory): void {
  next.signIn = null
  next.unsteady = null
  next.pending = next.pending.filter(message => message.kind === 'login-ends')
}

/** One change of the condition: a message, or the taking back of one nobody got, or only a count. */
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
  // Who never got the message before this one still believes what is true again now.
  const only = untold === undefined || untold.kind === 'sign-in-unsteady' ? null : untold.sentTo
  send(next, { kind, because, sinceMs, only }, nowMs)
}

/** The one line after too many changes, once nothing has changed for a while. */
export function sumUp(next: AlertMemory, nowMs: number): void {
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
