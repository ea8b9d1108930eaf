// Facts for the tests of the rule: a healthy state, the few words to change it with, and tables of what follows.

import t from 'tap'
import { decide } from '../../src/policy/decide.js'
import type { FileFacts, KnownLogin, State, StoreFacts } from '../../src/policy/state.js'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
/** A Monday morning. */
export const nowMs = Date.UTC(2026, 0, 5, 9)

/** A login by name: good for six hours, to be renewed in two. */
export function login(name: string, change: Partial<KnownLogin> = {}): KnownLogin {
  return {
    accessHash: `${name}-access`,
    refreshHash: `${name}-refresh`,
    expiresAtMs: nowMs + 6 * hourMs,
    loginEndsAtMs: null,
    renewAtMs: nowMs + 2 * hourMs,
    ...change,
  }
}

/** The same, past the time to renew it. */
export function due(name: string, change: Partial<KnownLogin> = {}): KnownLogin {
  return login(name, { renewAtMs: nowMs - hourMs, ...change })
}

/** The same, its access token over. */
export function expired(name: string, change: Partial<KnownLogin> = {}): KnownLogin {
  return due(name, { expiresAtMs: nowMs - minuteMs, ...change })
}

/** As the file shows it in sole custody. */
export function withoutRefresh(facts: KnownLogin): KnownLogin {
  return { ...facts, refreshHash: null }
}

export function inFile(
  facts: KnownLogin,
  change: { incomplete?: boolean; past?: boolean } = {},
): FileFacts {
  return { kind: 'login', login: facts, incomplete: false, past: false, ...change }
}

export function blank(change: { blankedAtMs?: number; timeLimit?: boolean } = {}): FileFacts {
  return { kind: 'blank', blankedAtMs: nowMs - minuteMs, timeLimit: false, ...change }
}

export function inStore(facts: KnownLogin | null, newer = false, away = false): StoreFacts {
  return { kind: 'current', login: facts, newer, away }
}

type HeldFacts = NonNullable<State['held']>

export function heldAs(facts: KnownLogin, change: Partial<HeldFacts> = {}): HeldFacts {
  return { ...facts, renewedAtMs: null, inFile: facts.refreshHash !== null, ...change }
}

export function checked(
  facts: KnownLogin,
  kind: 'accepted' | 'refused' = 'accepted',
  change: { atMs?: number; rightIdentity?: boolean } = {},
): NonNullable<State['verification']> {
  const { accessHash } = facts
  return { accessHash, kind, atMs: nowMs - 10 * minuteMs, rightIdentity: true, ...change }
}

/** The setting is `login`, and no token of the document is known. */
export const noLongLived: State['longLived'] = {
  wanted: false,
  token: null,
  placed: null,
  atHand: false,
  askedAtMs: null,
}

/** All is well with the login `a`: held, verified, backed up; the store was not asked. */
export function state(change: Partial<State> = {}): State {
  const a = login('a')
  return {
    mode: 'on',
    owned: true,
    otherCredential: false,
    standIn: false,
    custody: 'shared',
    forced: false,
    offline: false,
    file: inFile(a),
    store: { kind: 'unasked' },
    held: heldAs(a),
    spent: [],
    maybeSpent: [],
    backOff: null,
    verification: checked(a),
    copyVerification: null,
    verifyEveryMs: hourMs,
    longLived: noLongLived,
    isShared: false,
    usedByOthers: false,
    isRemote: false,
    contestedHash: null,
    unattended: false,
    signedOutElsewhere: false,
    signedOut: null,
    storedAccessHash: a.accessHash,
    pending: null,
    signInNeeded: null,
    tried: [],
    ...change,
  }
}

/** The decision in words: step, reason, and the token it is about. */
export function told(facts: State, atMs = nowMs): string {
  const { do: step, because, about } = decide(facts, atMs)
  return [step, because, about].filter(word => word !== null).join(' ')
}

/** What is so, and the step that follows from it. */
export type Case = readonly [name: string, facts: Partial<State>, expected: string]

/** A test for each case: the step follows, and, once it was tried, not a second time. */
export function follows(cases: readonly Case[]): void {
  for (const [name, facts, expected] of cases)
    t.test(`${name} → ${expected}`, async t => {
      t.equal(told(state(facts)), expected)
      const key = /^(renew|restore|verify|back-up) \S+ (\S+)$/.exec(expected)
      if (key === null) return
      const tried = [`${key[1]} ${key[2]}`]
      t.not(told(state({ ...facts, tried })), expected, 'but not a second time')
    })
}
