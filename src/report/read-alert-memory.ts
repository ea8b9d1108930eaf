// Reading the memory of alerts back from `state.json`, where anything may stand by now.

import { type AlertMemory, type AlertMessage, emptyAlertMemory } from './alert-memory.js'
import { isSignInReason } from './reason-words.js'

/** The memory as `state.json` has it; what is missing, damaged or of another version counts as never sent. */
export function readAlertMemory(value: unknown): AlertMemory {
  if (!isObject(value)) return structuredClone(emptyAlertMemory)
  const { signIn, warned, unsteady, sentAtMs, pending, retry, count, claim } = value
  return {
    signIn:
      hasNumbers(signIn, 'sinceMs') && isSignInReason(signIn['because'])
        ? { sinceMs: signIn.sinceMs, because: signIn['because'] }
        : null,
    warned: hasNumbers(warned, 'endsAtMs', 'withinMs') ? warned : null,
    unsteady: hasNumbers(unsteady, 'sinceMs', 'lastMs', 'changes') ? unsteady : null,
    sentAtMs: Array.isArray(sentAtMs) ? sentAtMs.filter(at => Number.isFinite(at)) : [],
    pending: Array.isArray(pending) ? pending.filter(isMessage) : [],
    retry: hasNumbers(retry, 'atMs', 'failures')
      ? { ...retry, why: typeof retry['why'] === 'string' ? retry['why'] : '' }
      : null,
    count: typeof count === 'number' && Number.isSafeInteger(count) ? count : 0,
    claim: isKnownClaim(claim) ? claim : null,
  }
}

function isMessage(value: unknown): value is AlertMessage {
  if (!hasNumbers(value, 'atMs', 'sinceMs') || typeof value['id'] !== 'string') return false
  const { kind, because, only, sentTo } = value
  if (!isTexts(sentTo) || !(only === null || isTexts(only))) return false
  if (kind === 'login-ends') return hasNumbers(value, 'endsAtMs')
  if (kind !== 'sign-in-unsteady') {
    return (kind === 'sign-in-needed' || kind === 'sign-in-over') && isSignInReason(because)
  }
  const known = because === null || isSignInReason(because)
  return known && hasNumbers(value, 'changes') && typeof value['needed'] === 'boolean'
}

function isKnownClaim(value: unknown): value is NonNullable<AlertMemory['claim']> {
  return isObject(value) && typeof value['id'] === 'string' && typeof value['alone'] === 'boolean'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function hasNumbers<K extends string>(
  value: unknown,
  ...names: K[]
): value is Record<string, unknown> & Record<K, number> {
  return isObject(value) && names.every(name => Number.isFinite(value[name]))
}
