// Arbitrary facts for the property tests of the rule: any state at all, consistent or not.

import fc from 'fast-check'
import type { FileFacts, KnownLogin, State, StoreFacts } from '../../src/policy/state.js'
import { hourMs, minuteMs, nowMs, state } from './states.js'

const names = ['a', 'b', 'c', 'd']
const distances = [-hourMs, -1, 0, 20_000, 4 * minuteMs, 9 * minuteMs, 20 * minuteMs, 6 * hourMs]
const time = fc.constantFrom(...distances.map(ms => nowMs + ms))
const accessHash = fc.constantFrom(...names.map(name => `${name}-access`))
const refreshHash = fc.constantFrom(...names.map(name => `${name}-refresh`))
const mostly = <T>(value: T, other: T) => fc.constantFrom(...Array(9).fill(value), other)

export const timeOrNull = fc.option(time, { freq: 4 })

const anyLogin: fc.Arbitrary<KnownLogin> = fc.record({
  accessHash,
  refreshHash: fc.option(refreshHash, { freq: 4 }),
  expiresAtMs: timeOrNull,
  loginEndsAtMs: timeOrNull,
  renewAtMs: timeOrNull,
})

const tokenHash = fc.constantFrom('l-access', 'm-access')

/** A long-lived token, or none. */
export const anyToken = fc.option(fc.record({ accessHash: tokenHash, endsAtMs: timeOrNull }))

const anyLongLivedLogin: fc.Arbitrary<KnownLogin> = tokenHash.map(accessHash => ({
  accessHash,
  refreshHash: null,
  expiresAtMs: null,
  loginEndsAtMs: null,
  renewAtMs: null,
}))

export const anyFile: fc.Arbitrary<FileFacts> = fc.oneof(
  fc.record({ kind: fc.constantFrom('missing' as const, 'unreadable' as const) }),
  fc.record({ kind: fc.constant('blank' as const), blankedAtMs: time, timeLimit: fc.boolean() }),
  fc.record({
    kind: fc.constant('login' as const),
    login: anyLogin,
    incomplete: mostly(false, true),
    past: mostly(false, true),
  }),
  fc.record({
    kind: fc.constant('login' as const),
    login: anyLongLivedLogin,
    incomplete: fc.constant(false),
    past: fc.constant(false),
  }),
)

/** What a store that was asked may say. */
export const anyAnswer: fc.Arbitrary<StoreFacts> = fc.oneof(
  fc.record({ kind: fc.constantFrom('empty' as const, 'unreachable' as const, 'denied' as const) }),
  fc.record({
    kind: fc.constant('current' as const),
    login: fc.option(anyLogin, { freq: 6 }),
    newer: fc.boolean(),
    away: mostly(false, true),
  }),
)

const anyVerification = fc.record({
  accessHash,
  kind: fc.constantFrom('accepted' as const, 'refused' as const),
  atMs: time,
  rightIdentity: mostly(true, false),
})

const anyHeld = fc
  .tuple(anyLogin, fc.record({ renewedAtMs: timeOrNull, inFile: fc.boolean() }))
  .map(([login, more]) => ({ ...login, ...more }))

const anyMaybeSpent = fc.uniqueArray(
  fc.record({ hash: refreshHash, tries: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 2, selector: each => each.hash },
)

const anyLongLived = fc.record({
  wanted: fc.boolean(),
  token: anyToken,
  placed: anyToken,
  atHand: fc.boolean(),
  askedAtMs: timeOrNull,
})

const oddState: fc.Arbitrary<State> = fc.record({
  mode: mostly<State['mode']>('on', 'off'),
  owned: mostly(true, false),
  otherCredential: mostly(false, true),
  standIn: mostly(false, true),
  custody: fc.constantFrom('shared' as const, 'sole' as const),
  forced: fc.boolean(),
  offline: mostly(false, true),
  file: anyFile,
  store: fc.oneof(
    fc.record({ kind: fc.constantFrom('unasked' as const, 'none' as const) }),
    anyAnswer,
  ),
  held: fc.option(anyHeld),
  spent: fc.uniqueArray(refreshHash, { maxLength: 3 }),
  maybeSpent: anyMaybeSpent,
  backOff: fc.option(fc.record({ hash: refreshHash, nextTryAtMs: time })),
  verification: fc.option(anyVerification),
  copyVerification: fc.option(anyVerification),
  verifyEveryMs: fc.constant(hourMs),
  longLived: anyLongLived,
  isShared: fc.boolean(),
  usedByOthers: fc.boolean(),
  isRemote: fc.boolean(),
  contestedHash: mostly<string | null>(null, 'a-refresh'),
  unattended: mostly(false, true),
  signedOutElsewhere: fc.boolean(),
  signedOut: mostly<string[] | null>(null, ['a-refresh', 'b-refresh']),
  storedAccessHash: fc.option(accessHash),
  pending: fc.option(fc.record({ nextTryAtMs: time })),
  signInNeeded: mostly<State['signInNeeded']>(null, 'grant-refused'),
  tried: fc.constant([]),
})

const facts = Object.keys(state()).filter(key => key !== 'tried') as (keyof State)[]

/** All is well but for a few facts: the states that runs are really in. */
const nearlyHealthy = fc
  .tuple(oddState, fc.subarray(facts, { maxLength: 7 }))
  .map(([odd, keys]) => ({ ...state(), ...Object.fromEntries(keys.map(key => [key, odd[key]])) }))

export const anyState: fc.Arbitrary<State> = fc.oneof(oddState, nearlyHealthy)
