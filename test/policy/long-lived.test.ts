// The long-lived token by examples: put into the file only after the login is safe, and taken out again.

import {
  blank,
  type Case,
  checked,
  expired,
  follows,
  heldAs,
  hourMs,
  inFile,
  inStore,
  login,
  minuteMs,
  noLongLived,
  nowMs,
  withoutRefresh,
} from '../kit/states.js'

const a = login('a')
const b = login('b')
const old = expired('a')
const none = { refreshHash: null, expiresAtMs: null, renewAtMs: null }
const token = { accessHash: 'l-access', endsAtMs: nowMs + 100 * 24 * hourMs }
const over = { ...token, endsAtMs: nowMs }
const inUse = inFile(login('l', none))
const away = { kind: 'unreachable' } as const
const virgin = { held: null, verification: null, storedAccessHash: null }

const wanted = { ...noLongLived, wanted: true, token, atHand: true, askedAtMs: nowMs - minuteMs }
const notAsked = { ...wanted, atHand: false }
const placed = { ...notAsked, placed: token }
const good = checked(a, 'accepted', { atMs: nowMs })
const switchedOff = { ...placed, wanted: false }
const takenOut = { ...placed, token: null }
const ended = { ...placed, token: over, placed: over }

const cases: Case[] = [
  [
    'wanted, never asked',
    { longLived: { ...noLongLived, wanted: true } },
    'read-store before-renewal',
  ],
  ['wanted and known, not in the file', { longLived: notAsked }, 'read-store before-renewal'],
  [
    'wanted, and lately there was none',
    { longLived: { ...notAsked, token: null } },
    'launch fresh',
  ],
  [
    'wanted, and there was none an hour ago',
    { longLived: { ...notAsked, token: null, askedAtMs: nowMs - hourMs } },
    'read-store before-renewal',
  ],
  ['not wanted', { longLived: { ...wanted, wanted: false }, store: inStore(a) }, 'launch fresh'],

  ['the login is stored', { longLived: wanted, store: inStore(a) }, 'restore store-newer l-access'],
  [
    'in sole custody',
    { custody: 'sole', file: inFile(withoutRefresh(a)), longLived: wanted, store: inStore(a) },
    'restore store-newer l-access',
  ],
  [
    'the login is not stored yet',
    { longLived: wanted, store: { kind: 'empty' }, storedAccessHash: null },
    'back-up store-behind a-access',
  ],
  [
    'the store did not take it',
    { longLived: wanted, store: inStore(b), storedAccessHash: null, tried: ['back-up a-access'] },
    'launch fresh',
  ],
  [
    'the store takes it later',
    {
      longLived: wanted,
      store: inStore(b),
      storedAccessHash: null,
      pending: { nextTryAtMs: nowMs + minuteMs },
    },
    'launch fresh',
  ],
  [
    'ended, but its refresh token may be good',
    {
      longLived: wanted,
      file: inFile(old),
      held: heldAs(old),
      store: inStore(b),
      storedAccessHash: null,
    },
    'back-up store-behind a-access',
  ],
  [
    'somebody signed in meanwhile: whose is it?',
    { longLived: wanted, file: inFile(b), store: inStore(a) },
    'verify changed b-access',
  ],
  [
    'somebody signed in meanwhile: it is stored first',
    { longLived: wanted, file: inFile(b), verification: checked(b), store: inStore(a) },
    'back-up store-behind b-access',
  ],
  [
    'a login that nobody could vouch for stays',
    { longLived: wanted, file: inFile(b), store: inStore(a), tried: ['verify b-access'] },
    'launch fresh',
  ],
  [
    'somebody else’s login',
    {
      longLived: wanted,
      verification: checked(a, 'accepted', { rightIdentity: false }),
      store: inStore(b),
    },
    'restore store-newer l-access',
  ],
  [
    'a login that nothing can help',
    { longLived: wanted, file: inFile(old), spent: ['a-refresh'], store: inStore(null) },
    'restore store-newer l-access',
  ],
  [
    'the store’s login is newer',
    { longLived: wanted, store: inStore(b, true) },
    'restore store-newer l-access',
  ],
  [
    'an earlier token of the document',
    {
      longLived: { ...wanted, placed: { accessHash: 'm-access', endsAtMs: null } },
      file: inFile(login('m', none)),
      store: inStore(a),
    },
    'restore store-newer l-access',
  ],
  ['gone, not asked', { longLived: placed, file: { kind: 'missing' } }, 'read-store missing'],
  [
    'gone',
    { longLived: wanted, file: { kind: 'missing' }, store: inStore(a) },
    'restore missing l-access',
  ],
  [
    'nobody ever signed in',
    { ...virgin, longLived: wanted, file: { kind: 'missing' }, store: inStore(null) },
    'restore missing l-access',
  ],
  ['blanked', { longLived: wanted, file: blank(), store: inStore(a) }, 'restore blank l-access'],
  [
    'torn',
    { longLived: wanted, file: { kind: 'unreadable' }, store: inStore(a) },
    'restore unreadable l-access',
  ],
  [
    'gone, and the store away',
    { longLived: placed, file: { kind: 'missing' }, store: away },
    'launch own-trouble',
  ],
  [
    'logged out',
    { longLived: wanted, file: { kind: 'missing' }, signedOut: ['a-refresh'], store: inStore(a) },
    'sign-in signed-out',
  ],

  ['in the file', { longLived: placed, file: inUse }, 'launch long-lived'],
  [
    'in the file, to be asked again',
    { longLived: { ...placed, askedAtMs: nowMs - hourMs }, file: inUse },
    'read-store before-renewal',
  ],
  [
    'in the file, and the store away',
    { longLived: { ...placed, askedAtMs: 0 }, file: inUse, store: away },
    'launch long-lived',
  ],

  ['switched off', { longLived: switchedOff, file: inUse }, 'read-store before-renewal'],
  [
    'switched off: is the login good?',
    { longLived: switchedOff, file: inUse, store: inStore(a) },
    'verify changed a-access',
  ],
  [
    'switched off, the login is good',
    { longLived: switchedOff, file: inUse, verification: good, store: inStore(a) },
    'restore store-newer a-access',
  ],
  [
    'switched off, and the login is refused by now',
    {
      longLived: switchedOff,
      file: inUse,
      verification: checked(a, 'refused', { atMs: nowMs }),
      store: inStore(a),
    },
    'renew refused a-refresh',
  ],
  [
    'switched off, the login’s time is over',
    { longLived: switchedOff, file: inUse, store: inStore(old) },
    'renew expired a-refresh',
  ],
  [
    'switched off, and there is no login',
    { longLived: switchedOff, file: inUse, store: inStore(null) },
    'launch long-lived',
  ],
  [
    'switched off, and the login is refused',
    { longLived: switchedOff, file: inUse, store: inStore(old), spent: ['a-refresh'] },
    'launch long-lived',
  ],
  [
    'switched off, and the store away',
    { longLived: switchedOff, file: inUse, store: away },
    'launch long-lived',
  ],
  [
    'taken out of the document',
    { longLived: takenOut, file: inUse, verification: good, store: inStore(a) },
    'restore store-newer a-access',
  ],
  [
    'put there by hand',
    { longLived: notAsked, file: inFile(login('x', none)), store: inStore(a) },
    'launch long-lived',
  ],

  [
    'ended',
    { longLived: ended, file: inUse, verification: good, store: inStore(a) },
    'restore store-newer a-access',
  ],
  [
    'ended, and the login gives no answer',
    { longLived: ended, file: inUse, store: inStore(old), tried: ['renew a-refresh'] },
    'launch no-answer',
  ],
  [
    'ended, and the store away',
    { longLived: ended, file: inUse, store: away },
    'launch own-trouble',
  ],
  [
    'ended, and no login',
    { longLived: ended, file: inUse, store: inStore(null) },
    'sign-in login-ended',
  ],
  [
    'ended, and the login refused',
    { longLived: ended, file: inUse, store: inStore(old), spent: ['a-refresh'] },
    'sign-in login-ended',
  ],
  [
    'ended and gone, and no login',
    { longLived: ended, file: { kind: 'missing' }, store: inStore(null) },
    'sign-in login-ended',
  ],
]

follows(cases)
