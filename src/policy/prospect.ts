// What will happen to the login: the decision rule itself says what later runs would do, so that no screen promises more. Pure.

import { decide } from './decide.js'
import { isUnannounced } from './fallback.js'
import type { Prospect } from './outcome.js'
import { type Decision, decisionKey, isLongLived, type State, storedLogin } from './state.js'

/** What the facts of a decision do not tell, and what keeps a run from acting on it. */
export interface Hindrance {
  /** `mode: observe`. */
  observes: boolean
  /** Something on this machine keeps a renewal from being made or saved. */
  isHindered: boolean
}

/** More than any run has. */
const mostSteps = 20

/**
 * What becomes of the login, as far as the facts tell: as `decide` would have it now, and again when its token
 * ends. A server that was silent counts as answering by then; what was refused or spent, and a store that is away,
 * stay so.
 */
export function prospectOf(state: State, nowMs: number, hindrance: Hindrance): Prospect {
  const now = lastOf(state, nowMs)
  if (now.do === 'sign-in') return { kind: 'sign-in', because: now.because }
  const left = leftTo(now, hindrance)
  if (left !== null) return left
  const next = now.do === 'launch' ? whenEnded(state, nowMs) : changing(state, now, nowMs)
  const isAct = next.kind === 'renewed' || next.kind === 'restored'
  return isAct && hindrance.isHindered ? { kind: 'hindered', because: 'here' } : next
}

/** Does the next run, or a renewal to come, put this login into the store? */
export function isToBeBackedUp(state: State, nowMs: number, hindrance: Hindrance): boolean {
  if (state.store.kind === 'none' || hindrance.observes || hindrance.isHindered) return false
  const steps = ahead(state, nowMs)
  if (steps.some(step => step.do === 'back-up' || step.do === 'renew')) return true
  return prospectOf(state, nowMs, hindrance).kind === 'renewed'
}

function leftTo(now: Decision, { observes }: Hindrance): Prospect | null {
  if (now.do !== 'launch') return observes ? { kind: 'left', because: 'observe' } : null
  const { because } = now
  if (because === 'long-lived') return { kind: 'lasting' }
  if (because === 'off' || because === 'not-ours' || because === 'other-credential')
    return { kind: 'left', because }
  return observes ? { kind: 'left', because: 'observe' } : null
}

/** The very next run changes the login. */
function changing(state: State, now: Decision, nowMs: number): Prospect {
  if (now.do === 'restore') return { kind: 'restored' }
  return renewing(state, now, nowMs, true)
}

/** Nothing is to be done now: what would be done at the end of its token? */
function whenEnded(state: State, nowMs: number): Prospect {
  const { file } = state
  if (file.kind !== 'login') return { kind: 'hindered', because: 'no-answer' }
  if (isLongLived(state, file.login)) return { kind: 'lasting' }
  const endsAtMs = Math.max(nowMs, file.login.expiresAtMs ?? nowMs)
  const then = lastOf(state, endsAtMs)
  if (then.do === 'sign-in') return { kind: 'ends', because: then.because }
  if (then.do === 'restore') return { kind: 'restored' }
  if (then.do === 'renew')
    return renewing(state, then, nowMs, isDueNow(file.login.renewAtMs, nowMs))
  return { kind: 'hindered', because: then.because === 'own-trouble' ? 'store' : 'no-answer' }
}

function isDueNow(renewAtMs: number | null, nowMs: number): boolean {
  return renewAtMs === null || renewAtMs <= nowMs
}

/** A refresh token that may be spent, or a sign-in that is over by then, is no promise. */
function renewing(state: State, { about }: Decision, nowMs: number, isDue: boolean): Prospect {
  if (state.maybeSpent.some(({ hash }) => hash === about))
    return { kind: 'hindered', because: 'no-answer' }
  const login = state.file.kind === 'login' ? state.file.login : storedLogin(state)
  const loginEndsAtMs = login?.loginEndsAtMs ?? state.held?.loginEndsAtMs ?? null
  const atMs = isDue ? nowMs : (login?.renewAtMs ?? nowMs)
  if (loginEndsAtMs !== null && loginEndsAtMs <= atMs)
    return { kind: 'ends', because: 'login-ended' }
  return {
    kind: 'renewed',
    isDue,
    ...(isUnannounced(asAsked(state), about) ? { isLate: true } : {}),
  }
}

/** A store that was not asked answers as when it was last asked. */
function asAsked(state: State): State {
  return state.store.kind === 'unasked' ? { ...state, store: lastKnownStore(state) } : state
}

function lastOf(state: State, atMs: number): Decision {
  const steps = ahead(state, atMs)
  return steps.at(-1) ?? decide(state, atMs)
}

/**
 * The steps of a run at `atMs`, up to the one that changes the login or ends the run. What only looks or keeps
 * safe is taken as done and as bringing nothing new; a pause after failures, as over.
 */
function ahead(state: State, atMs: number): Decision[] {
  let at: State = {
    ...state,
    tried: [],
    offline: false,
    forced: false,
    backOff: null,
    pending: null,
  }
  const steps: Decision[] = []
  while (steps.length < mostSteps) {
    const decision = decide(at, atMs)
    steps.push(decision)
    if (decision.do === 'read-store') at = asAsked(at)
    else if (!isPassing(at, decision)) return steps
    else at = { ...at, tried: [...at.tried, decisionKey(decision)] }
  }
  return steps
}

/** Putting back a field of the login in the file leaves it the same login. */
function isPassing({ file }: State, decision: Decision): boolean {
  if (decision.do === 'verify' || decision.do === 'back-up') return true
  const isOwn = file.kind === 'login' && decision.about === file.login.accessHash
  return decision.do === 'restore' && isOwn
}

/** As far as we remember it: with the login that we hold, or with none. */
function lastKnownStore({ held, storedAccessHash }: State): State['store'] {
  if (held === null || held.accessHash !== storedAccessHash) return { kind: 'empty' }
  const { renewedAtMs: _, inFile: __, ...login } = held
  return { kind: 'current', login, newer: false, away: false }
}
