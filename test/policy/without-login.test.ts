// No login in the file: what a blank may mean, and what is said where nothing is left.

import {
  blank,
  type Case,
  checked,
  expired,
  follows,
  heldAs,
  hourMs,
  inStore,
  login,
  minuteMs,
  nowMs,
} from '../kit/states.js'

const a = login('a', { expiresAtMs: nowMs + 3 * minuteMs })
const b = login('b')
const empty = { kind: 'empty' } as const

/** The client held `a` in its file, in its own refresh window, when its login was blanked. */
const refusedToClient = { file: blank(), held: heldAs(a), store: inStore(a), verification: null }
/** The same with hours left: the client would not have refreshed then. */
const early = { ...refusedToClient, held: heldAs(b), store: inStore(b) }

const cases: Case[] = [
  ['blanked within the client’s window', refusedToClient, 'sign-in grant-refused'],
  [
    'blanked within it, even by force',
    { ...refusedToClient, forced: true },
    'sign-in grant-refused',
  ],
  [
    'blanked just before the window',
    { ...refusedToClient, file: blank({ blankedAtMs: nowMs - 2 * minuteMs - 1 }) },
    'verify changed a-access',
  ],
  ['blanked with hours left', early, 'verify changed b-access'],
  [
    'blanked with hours left, and the token is refused',
    { ...early, copyVerification: checked(b, 'refused', { atMs: nowMs }) },
    'sign-in grant-refused',
  ],
  [
    'blanked with hours left, and the token is accepted since',
    { ...early, copyVerification: checked(b, 'accepted', { atMs: nowMs }) },
    'restore blank b-access',
  ],
  [
    'an acceptance from before the blank says nothing',
    { ...early, copyVerification: checked(b) },
    'verify changed b-access',
  ],
  [
    'blanked by somebody in sole custody: the client never had the token',
    { ...refusedToClient, custody: 'sole', held: heldAs(a, { inFile: false }) },
    'verify changed a-access',
  ],
  [
    'blanked in sole custody after the end',
    {
      file: blank(),
      custody: 'sole',
      held: heldAs(expired('a'), { inFile: false }),
      store: inStore(expired('a')),
    },
    'renew expired a-refresh',
  ],
  [
    'blanked, and the store has another login of the same user',
    { ...refusedToClient, store: inStore(b) },
    'verify changed b-access',
  ],
  [
    'a refused copy is renewed where nobody blanked',
    { file: { kind: 'missing' }, store: inStore(b), copyVerification: checked(b, 'refused') },
    'renew refused b-refresh',
  ],
  ['blanked, no copy', { file: blank(), store: empty }, 'sign-in login-lost'],
  [
    'blanked after we had found it refused, no copy',
    { file: blank(), store: empty, signInNeeded: 'grant-refused' },
    'sign-in grant-refused',
  ],
  ['blanked, no store', { file: blank(), store: { kind: 'none' } }, 'sign-in login-lost'],
  ['a copy offline is restored unasked', { ...early, offline: true }, 'restore blank b-access'],
  [
    'the stored copy was signed out',
    { file: { kind: 'missing' }, store: inStore(null) },
    'sign-in login-lost',
  ],
  [
    'the copy is spent and its login over',
    {
      file: { kind: 'missing' },
      store: inStore(login('b', { loginEndsAtMs: nowMs - hourMs })),
      spent: ['b-refresh'],
    },
    'sign-in login-ended',
  ],
]

follows(cases)
