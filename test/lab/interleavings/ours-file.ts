// The login file and its locks in the model: taken in the client's order, one write under the storage lock.

import { type Login, withoutRefreshToken } from '../../../src/login/login.js'
import { isLoggedOut } from './ours-log-out.js'
import { own, type Program, step } from './steps.js'
import { type Host, numberOf, type View } from './world.js'

/** `withRefreshLocks` (login/client-locks.ts). A dead run's are taken over, ours and by owner file. */
export function* withRefreshLocks<T>(work: () => Program<T>): Program<T> {
  yield* step(
    'withRefreshLocks (login/client-locks.ts)',
    'takes the refresh locks',
    v => {
      v.h.refreshLock = 'ours'
    },
    { ready: v => v.h.refreshLock === 'none' || v.h.refreshLock === 'dead' },
  )
  const done = yield* work()
  yield* step('withRefreshLocks (login/client-locks.ts)', 'gives the refresh locks back', v => {
    if (v.h.refreshLock === 'ours') v.h.refreshLock = 'none'
  })
  return done
}

/**
 * `saveToFile` (engine/save.ts): `next` gives what is to be written over the file as it stands under the
 * storage lock, or null for nothing. Nothing is written once somebody is logging out.
 */
export function* saveToFile(as: string, next: (v: View) => Login | null): Program<boolean> {
  yield* step(
    `${as}: withStorageLock (login/client-locks.ts)`,
    'takes the storage lock',
    v => {
      v.h.storageLock = 'ours'
    },
    { ready: v => v.h.storageLock === 'none' || v.h.storageLock === 'dead' },
  )
  const saved = yield* step(`${as}: writeLoginFile`, 'reads the file again and replaces it', v => {
    const login = isLoggedOut(v) ? null : next(v)
    if (login === null) return false
    putLogin(v, login)
    return true
  })
  yield* step(`${as}: giveBack`, 'gives the storage lock back', v => {
    if (v.h.storageLock === 'ours') v.h.storageLock = 'none'
  })
  return saved
}

export function putLogin(v: View, login: Login) {
  const { h, w } = v
  const family = w.tokens[numberOf(login.accessToken)]?.family
  const isLast = family === w.families.length - 1
  if (h.person === 'out' && isLast) w.broken = 'a log-out was undone: a login is in the file again'
  h.file = { kind: 'login', login, atMs: w.ms }
}

/** In the form that its custody wants. */
export function inFileForm({ custody }: View, login: Login): Login {
  return custody === 'sole' ? withoutRefreshToken(login) : login
}

/** `keepAside` (engine/keep-aside.ts). */
export function keepAside(which: (v: View) => Login | null): Program<null> {
  return own('keepAside (engine/keep-aside.ts)', 'keeps the other login aside', v => {
    const login = which(v)
    const number = numberOf(login?.refreshToken)
    if (number > 0 && !v.h.aside.includes(number)) v.h.aside = [...v.h.aside, number]
    return null
  })
}

/** What a killed run leaves on disk: its locks stay, all that it had in mind is gone. */
export function killed(h: Host): Host {
  const dead = (holder: Host['refreshLock']) => (holder === 'ours' ? 'dead' : holder)
  return {
    ...h,
    step: 0,
    asked: null,
    tried: [],
    announcedMs: 0,
    air: null,
    refreshLock: dead(h.refreshLock),
    storageLock: dead(h.storageLock),
  }
}
