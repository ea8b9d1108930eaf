// Renewing and restoring with patience: back-off, tokens that may be spent, and which copy is taken.

import {
  checked,
  due,
  expired,
  follows,
  heldAs,
  hourMs,
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
const empty = { kind: 'empty' } as const
const away = { kind: 'unreachable' } as const
const ended = { file: inFile(old), held: heldAs(old), verification: null, store: empty }
const lost = (tries: number) => ({ maybeSpent: [{ hash: 'a-refresh', tries }] })
const waits = (hash: string, ms: number) => ({ backOff: { hash, nextTryAtMs: nowMs + ms } })
const ending = (ms: number) => inFile(due('a', { expiresAtMs: nowMs + ms }))

// Back-off.
follows([
  ['the pause is not over', { ...ended, ...waits('a-refresh', 1) }, 'launch no-answer'],
  ['the pause is over', { ...ended, ...waits('a-refresh', 0) }, 'renew expired a-refresh'],
  [
    'the longest pause that a server may ask for',
    { ...ended, ...waits('a-refresh', 60 * minuteMs) },
    'launch no-answer',
  ],
  [
    'a pause longer than any, of a clock that was ahead',
    { ...ended, ...waits('a-refresh', 2 * hourMs) },
    'renew expired a-refresh',
  ],
  ['another token’s pause', { ...ended, ...waits('z-refresh', 1) }, 'renew expired a-refresh'],
  [
    'no pause holds --force',
    { ...ended, ...waits('a-refresh', 1), forced: true },
    'renew forced a-refresh',
  ],
  [
    'due and pausing, but it still works',
    {
      file: inFile(due('a')),
      store: empty,
      storedAccessHash: 'a-access',
      ...waits('a-refresh', 1),
    },
    'launch fresh',
  ],
])

// A token whose request was not answered may be spent: looked for in the store, tried late, and at most twice.
follows([
  [
    'lost once, 11 minutes left',
    { file: ending(11 * minuteMs), store: empty, ...lost(1) },
    'launch fresh',
  ],
  [
    'lost once, 10 minutes left',
    { file: ending(10 * minuteMs), store: empty, ...lost(1) },
    'renew half-life a-refresh',
  ],
  ['lost once, ended', { ...ended, ...lost(1) }, 'renew expired a-refresh'],
  [
    'lost once, the store not asked',
    { file: ending(minuteMs), ...lost(1) },
    'read-store before-renewal',
  ],
  [
    'lost once, a newer copy',
    {
      file: ending(minuteMs),
      store: inStore(b, true),
      copyVerification: checked(b, 'accepted', { atMs: nowMs - 1000 }),
      ...lost(1),
    },
    'restore store-newer b-access',
  ],
  [
    'lost once, then refused',
    { file: ending(hourMs), verification: checked(a, 'refused'), store: empty, ...lost(1) },
    'renew refused a-refresh',
  ],
  ['lost twice', { ...ended, ...lost(2) }, 'launch no-answer'],
  ['lost twice, by force', { ...ended, ...lost(2), forced: true }, 'launch no-answer'],
  [
    'lost twice, but it still works',
    { file: ending(hourMs), store: empty, ...lost(2) },
    'launch fresh',
  ],
  [
    'lost twice, a good copy',
    { ...ended, ...lost(2), store: inStore(b, true), copyVerification: checked(b) },
    'restore store-newer b-access',
  ],
])

// Which copy.
follows([
  ['the newer copy is asked about first', { store: inStore(b, true) }, 'verify changed b-access'],
  [
    'of the newer copy the server says nothing: a good login stays',
    { store: inStore(b, true), tried: ['verify b-access'] },
    'launch fresh',
  ],
  [
    'the newer copy is refused',
    { store: inStore(b, true), copyVerification: checked(b, 'refused') },
    'launch fresh',
  ],
  [
    'the newer copy is a stranger’s',
    { store: inStore(b, true), copyVerification: checked(b, 'accepted', { rightIdentity: false }) },
    'launch fresh',
  ],
  [
    'the newer copy has ended',
    { ...ended, store: inStore(expired('b'), true) },
    'renew expired b-refresh',
  ],
  [
    'the copy’s token is spent',
    { ...ended, store: inStore(b, true), spent: ['b-refresh'] },
    'renew expired a-refresh',
  ],
  [
    'all copies are spent',
    { ...ended, store: inStore(b), spent: ['a-refresh', 'b-refresh'] },
    'sign-in grant-refused',
  ],
  [
    'sole custody, the sealed copy',
    { custody: 'sole', ...ended, file: inFile(withoutRefresh(old)), store: inStore(old) },
    'renew expired a-refresh',
  ],
  [
    'sole custody, the store away',
    { custody: 'sole', ...ended, file: inFile(withoutRefresh(old)), store: away },
    'launch own-trouble',
  ],
  [
    'sole custody, nothing sealed',
    { custody: 'sole', ...ended, file: inFile(withoutRefresh(old)) },
    'sign-in login-lost',
  ],
])

// What is known to be somebody else's is not posted, wherever it is.
const stranger = checked(b, 'accepted', { rightIdentity: false })
follows([
  [
    'the newer copy has ended, and it is a stranger’s',
    { ...ended, store: inStore(expired('b'), true), copyVerification: stranger },
    'renew expired a-refresh',
  ],
  [
    'gone, and the copy that has ended is a stranger’s',
    { file: { kind: 'missing' }, store: inStore(expired('b')), copyVerification: stranger },
    'sign-in login-lost',
  ],
])

// In sole custody nothing is posted before it is sealed.
const unsealed = { custody: 'sole' as const, ...ended }
follows([
  ['the file’s token, nothing sealed', unsealed, 'back-up store-behind a-access'],
  [
    'the file’s token, nothing sealed, and not held',
    { ...unsealed, held: null },
    'back-up store-behind a-access',
  ],
  [
    'the file’s token, and an older one sealed',
    { ...unsealed, store: inStore(b) },
    'back-up store-behind a-access',
  ],
  [
    'the file’s token, and the store away',
    { ...unsealed, store: away },
    'back-up store-behind a-access',
  ],
  [
    'the file’s token, sealed in this run',
    { ...unsealed, store: inStore(old), tried: ['back-up a-access'] },
    'renew expired a-refresh',
  ],
])

// A proof dated in the future is none.
follows([
  [
    'gone, and the copy was accepted at a time to come',
    {
      file: { kind: 'missing' },
      store: inStore(b),
      copyVerification: checked(b, 'accepted', { atMs: nowMs + 1 }),
    },
    'verify changed b-access',
  ],
  [
    'verified at a time to come',
    { verification: checked(a, 'accepted', { atMs: nowMs + 1 }) },
    'verify unverified a-access',
  ],
])

// Offline, and on a server whose tokens end at once.
follows([
  ['ended, offline', { ...ended, offline: true }, 'launch no-answer'],
  [
    'unverified, offline',
    { verification: null, offline: true, held: heldAs(a, { renewedAtMs: nowMs }) },
    'launch fresh',
  ],
  [
    'three renewals in one run are enough',
    { ...ended, tried: ['renew x', 'renew y', 'renew z'] },
    'launch no-answer',
  ],
])
