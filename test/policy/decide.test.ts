// The rule by examples: every step of the design with each of its reasons, and the rules with numbers.

import t from 'tap'
import {
  blank,
  type Case,
  checked,
  due,
  expired,
  follows,
  heldAs,
  inFile,
  inStore,
  login,
  minuteMs,
  nowMs,
  withoutRefresh,
} from '../kit/states.js'

const a = login('a')
const b = login('b')
const old = expired('a')
const missing = { kind: 'missing' } as const
const unreadable = { kind: 'unreadable' } as const
const empty = { kind: 'empty' } as const
const away = { kind: 'unreachable' } as const
/** Nothing was ever known here. */
const virgin = { held: null, verification: null, storedAccessHash: null }

/** A copy of this machine may hold the refresh token too, and no document tells the two apart. */
const copied = { contestedHash: 'a-refresh', store: inStore(a) }
const late = due('a', { expiresAtMs: nowMs + 5 * minuteMs })
const later = due('a', { expiresAtMs: nowMs + 5 * minuteMs + 1 })
const lateAndCopied = { ...copied, file: inFile(late), store: inStore(late) }
const endedAndCopied = { ...copied, file: inFile(old), store: inStore(old) }
const byTimer = { unattended: true }
const heldBack: Case[] = [
  ['maybe a copy, past half', { ...copied, file: inFile(due('a')) }, 'launch fresh'],
  [
    'maybe a copy, just before the last five minutes',
    { ...copied, file: inFile(later), store: inStore(later) },
    'launch fresh',
  ],
  ['maybe a copy, the last five minutes', lateAndCopied, 'renew half-life a-refresh'],
  ['the same, by a timer', { ...lateAndCopied, ...byTimer }, 'launch fresh'],
  ['maybe a copy, ended', endedAndCopied, 'renew expired a-refresh'],
  ['the same, by a timer', { ...endedAndCopied, ...byTimer }, 'launch maybe-copied'],
  [
    'maybe a copy, refused',
    { ...copied, verification: checked(a, 'refused') },
    'renew refused a-refresh',
  ],
  [
    'the same, by a timer',
    { ...copied, ...byTimer, verification: checked(a, 'refused') },
    'launch maybe-copied',
  ],
  [
    'maybe a copy, sealed, past half',
    { ...copied, custody: 'sole', file: inFile(withoutRefresh(due('a'))) },
    'launch fresh',
  ],
  [
    'maybe a copy, no store, past half',
    { ...copied, file: inFile(due('a')), store: { kind: 'none' } },
    'launch fresh',
  ],
  [
    'maybe a copy, blanked, and the stored copy ended',
    { ...endedAndCopied, ...byTimer, file: missing },
    'launch maybe-copied',
  ],
  [
    'maybe a copy, and the document of this host answers',
    { ...copied, ...byTimer, isRemote: true, file: inFile(due('a')) },
    'renew half-life a-refresh',
  ],
  [
    'maybe a copy, and the document of this host is away',
    { ...copied, isRemote: true, file: inFile(due('a')), store: inStore(a, false, true) },
    'launch fresh',
  ],
  [
    'maybe a copy, and its document was not asked',
    { ...copied, isRemote: true, file: inFile(due('a')), store: { kind: 'unasked' } },
    'read-store before-renewal',
  ],
  [
    'another token than the one that a copy may have',
    { ...byTimer, contestedHash: 'b-refresh', file: inFile(due('a')), store: inStore(a) },
    'renew half-life a-refresh',
  ],
  [
    'by a timer, no copy',
    { ...byTimer, file: inFile(old), store: inStore(old) },
    'renew expired a-refresh',
  ],
]

const cases: Case[] = [
  ['all is well', {}, 'launch fresh'],
  ['switched off', { mode: 'off', file: missing }, 'launch off'],
  ['another user’s home', { owned: false, file: missing }, 'launch not-ours'],
  [
    'nothing left, and something else signs then',
    { ...virgin, standIn: true, file: missing, store: empty },
    'launch other-credential',
  ],
  ['all is well, and something else could sign', { standIn: true }, 'launch fresh'],
  [
    'gone, with a copy, and something else could sign',
    { standIn: true, file: missing },
    'read-store missing',
  ],
  ['an API key signs', { otherCredential: true, file: missing }, 'launch other-credential'],
  [
    'a token of setup-token',
    { ...virgin, file: inFile(login('l', { refreshHash: null, expiresAtMs: null })) },
    'launch long-lived',
  ],
  [
    'ended, and no answer just now',
    {
      file: inFile(old),
      held: heldAs(old),
      store: empty,
      backOff: { hash: 'a-refresh', nextTryAtMs: nowMs + minuteMs },
    },
    'launch no-answer',
  ],
  [
    'refused just after our own renewal',
    {
      held: heldAs(a, { renewedAtMs: nowMs - 9 * minuteMs }),
      verification: checked(a, 'refused'),
    },
    'launch no-answer',
  ],
  ['gone, and the store away', { file: missing, store: away }, 'launch own-trouble'],
  ['gone, and the key wrong', { file: missing, store: { kind: 'denied' } }, 'launch own-trouble'],

  ['gone', { file: missing }, 'read-store missing'],
  ['blanked', { file: blank() }, 'read-store blank'],
  ['torn', { file: unreadable }, 'read-store unreadable'],
  ['refused', { verification: checked(a, 'refused') }, 'read-store refused'],
  ['a spent token put back', { spent: ['a-refresh'] }, 'read-store refused'],
  ['past half of its life', { file: inFile(due('a')) }, 'read-store before-renewal'],
  ['sole was changed to shared', { file: inFile(withoutRefresh(a)) }, 'read-store before-renewal'],

  ['past half', { file: inFile(due('a')), store: inStore(a) }, 'renew half-life a-refresh'],
  ['past half, no store', { file: inFile(due('a')), store: empty }, 'renew half-life a-refresh'],
  ['past half, store away', { file: inFile(due('a')), store: away }, 'renew half-life a-refresh'],
  ['ended', { file: inFile(old), store: inStore(old) }, 'renew expired a-refresh'],
  [
    'ended, in sole custody',
    { custody: 'sole', file: inFile(withoutRefresh(old)), store: inStore(old) },
    'renew expired a-refresh',
  ],
  [
    'refused long after our renewal',
    {
      held: heldAs(a, { renewedAtMs: nowMs - 11 * minuteMs }),
      store: inStore(a),
      verification: checked(a, 'refused'),
    },
    'renew refused a-refresh',
  ],
  [
    'refused, and our renewal is dated in the future',
    {
      held: heldAs(a, { renewedAtMs: nowMs + minuteMs }),
      store: inStore(a),
      verification: checked(a, 'refused'),
    },
    'renew refused a-refresh',
  ],
  [
    'by force, in spite of a back-off',
    {
      forced: true,
      file: inFile(old),
      store: empty,
      backOff: { hash: 'a-refresh', nextTryAtMs: nowMs + minuteMs },
    },
    'renew forced a-refresh',
  ],
  [
    'the store’s copy has ended too',
    { file: missing, store: inStore(old) },
    'renew expired a-refresh',
  ],

  ...heldBack,

  ['gone, a good copy', { file: missing, store: inStore(a) }, 'restore missing a-access'],
  [
    'blanked, and the copy accepted since',
    {
      file: blank(),
      store: inStore(b),
      copyVerification: checked(b, 'accepted', { atMs: nowMs }),
    },
    'restore blank b-access',
  ],
  [
    'refused, and another copy is accepted',
    { verification: checked(a, 'refused'), store: inStore(b), copyVerification: checked(b) },
    'restore refused b-access',
  ],
  ['torn, a good copy', { file: unreadable, store: inStore(a) }, 'restore unreadable a-access'],
  [
    'fields dropped by a faulty refresh',
    { file: inFile(a, { incomplete: true }) },
    'restore unreadable a-access',
  ],
  [
    'a newer login in the store',
    { store: inStore(b, true), copyVerification: checked(b, 'accepted', { atMs: nowMs - 1000 }) },
    'restore store-newer b-access',
  ],
  [
    'a newer login in the store, accepted before: is it still?',
    { store: inStore(b, true), copyVerification: checked(b) },
    'verify changed b-access',
  ],
  [
    'a newer login in the store, accepted before, offline: the good one stays',
    { offline: true, store: inStore(b, true), copyVerification: checked(b) },
    'launch fresh',
  ],
  [
    'a newer login in the store, accepted at a time to come, offline: the good one stays',
    {
      offline: true,
      store: inStore(b, true),
      copyVerification: checked(b, 'accepted', { atMs: nowMs + 1 }),
    },
    'launch fresh',
  ],
  [
    'a spent token put back, and every copy spent: the access token still works',
    { spent: ['a-refresh', 'b-refresh'], store: inStore(b) },
    'launch fresh',
  ],
  [
    'an earlier login put back, and the store has a better one',
    {
      file: inFile(a, { past: true }),
      store: inStore(b),
      copyVerification: checked(b, 'accepted', { atMs: nowMs }),
    },
    'restore store-newer b-access',
  ],
  [
    'an earlier login put back, and no store was asked',
    { file: inFile(a, { past: true }) },
    'read-store refused',
  ],
  [
    'an earlier login put back, no better one, but it works',
    { file: inFile(a, { past: true }), store: empty },
    'launch fresh',
  ],
  [
    'an earlier login put back, and the store’s has ended: the later token is posted',
    { file: inFile(old, { past: true }), store: inStore(expired('b')) },
    'renew expired b-refresh',
  ],
  [
    'an earlier login put back, and the later token waits: the earlier one is not posted',
    {
      file: inFile(old, { past: true }),
      store: inStore(expired('b')),
      backOff: { hash: 'b-refresh', nextTryAtMs: nowMs + minuteMs },
    },
    'launch no-answer',
  ],
  [
    'the file’s refresh token is handed back',
    { file: inFile(withoutRefresh(a)), store: inStore(a) },
    'restore store-newer a-access',
  ],

  [
    'not verified for an hour',
    { verification: checked(a, 'accepted', { atMs: 0 }) },
    'verify unverified a-access',
  ],
  ['--force', { forced: true }, 'verify unverified a-access'],
  ['never seen before', virgin, 'verify changed a-access'],
  ['blanked: is the copy good?', { file: blank(), store: inStore(b) }, 'verify changed b-access'],

  ['not yet in the store', { storedAccessHash: null }, 'back-up store-behind a-access'],
  ['the store is back', { pending: { nextTryAtMs: nowMs } }, 'back-up pending a-access'],
  ['in plain text in sole custody', { custody: 'sole' }, 'back-up store-behind a-access'],
  ['the store is asked later', { pending: { nextTryAtMs: nowMs + 1 } }, 'launch fresh'],
  [
    'custody is taken at once',
    { custody: 'sole', pending: { nextTryAtMs: nowMs + 1 } },
    'back-up pending a-access',
  ],
  ['no store at all', { store: { kind: 'none' }, storedAccessHash: null }, 'launch fresh'],

  ['nothing, ever', { ...virgin, file: missing, store: empty }, 'sign-in never-signed-in'],
  ['logged out', { file: missing, signedOut: ['a-refresh'] }, 'sign-in signed-out'],
  ['logged out, then put back', { signedOut: ['a-refresh'] }, 'sign-in signed-out'],
  ['gone, no copy', { file: missing, store: empty }, 'sign-in login-lost'],
  ['torn, never known', { ...virgin, file: unreadable, store: empty }, 'sign-in login-lost'],
  [
    'refused by the token endpoint',
    { file: inFile(old), spent: ['a-refresh'], store: inStore(old) },
    'sign-in grant-refused',
  ],
  [
    'the login’s own end has passed',
    { file: missing, store: empty, held: heldAs(a, { loginEndsAtMs: nowMs }) },
    'sign-in login-ended',
  ],
  ['the client says so', { file: blank({ timeLimit: true }), store: empty }, 'sign-in login-ended'],
  [
    'somebody else’s login',
    { verification: checked(a, 'accepted', { rightIdentity: false }) },
    'sign-in wrong-identity',
  ],
]

follows(cases)

t.test('every step and reason of the design is among them', async t => {
  const reached = new Set(cases.map(([, , expected]) => expected.split(' ').slice(0, 2).join(' ')))
  const expected = {
    launch: 'fresh off not-ours other-credential long-lived no-answer maybe-copied own-trouble',
    'read-store': 'missing blank unreadable refused before-renewal',
    renew: 'half-life expired refused forced',
    restore: 'missing blank unreadable refused store-newer',
    verify: 'unverified changed',
    'back-up': 'store-behind pending',
    'sign-in': 'never-signed-in signed-out login-lost grant-refused login-ended wrong-identity',
  }
  const all = Object.entries(expected).flatMap(([step, reasons]) =>
    reasons.split(' ').map(because => `${step} ${because}`),
  )
  t.same([...reached].sort(), all.sort())
})
