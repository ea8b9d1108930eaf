// A log-out in the model: the mark is noticed, the stored login taken out of use, and another host's log-out holds here.

import { isSignedOutElsewhere } from '../../../src/engine/log-out.js'
import { tokenHash } from '../../../src/login/login.js'
import { withSpent } from '../../../src/login/memory.js'
import { toDocument } from '../../../src/store/document.js'
import { look, runOf } from './look.js'
import { changeDocument, readStore, remember, seal } from './ours-store.js'
import { own, type Program, step } from './steps.js'
import { endFamily, numberOf, type View } from './world.js'

/** `noticeLogOut` (engine/log-out.ts). */
export function* noticeLogOut(): Program<null> {
  const todo = yield* step('noticeLogOut (engine/log-out.ts)', 'looks for a log-out', noticed)
  if (todo === 'elsewhere') yield* signOutHere()
  if (todo === 'here') yield* signOutStored()
  return null
}

export function isLoggedOut({ h }: View): boolean {
  return h.memory.signedOut !== null || h.mark > 0
}

function noticed(v: View): 'nothing' | 'elsewhere' | 'here' {
  const { h } = v
  const seen = look(v)
  if (isSignedOutElsewhere(runOf(v), seen)) return 'elsewhere'
  const { signedOut } = h.memory
  if (h.mark === 0) {
    if (signedOut && (!signedOut.elsewhere || isSignedInAgain(v, signedOut.chain)))
      remember(v, signedOut.elsewhere ? { signedOut: null, held: null } : { signedOut: null })
    return 'nothing'
  }
  const current = signedOut ?? { atMs: v.w.ms, chain: chainOf(v), inStore: false }
  const { file } = seen.state
  const hash = file.kind === 'login' ? (file.login.refreshHash ?? file.login.accessHash) : null
  if (hash !== null && !current.chain.includes(hash)) {
    h.mark = 0
    remember(v, { signedOut: null, verification: null, held: null })
    return 'nothing'
  }
  if (!signedOut) remember(v, { signedOut: current })
  return hash === null && !current.inStore ? 'here' : 'nothing'
}

function isSignedInAgain(v: View, chain: readonly string[]): boolean {
  const { file, asked } = v.h
  const stored = asked?.kind === 'current' && !asked.isCached ? asked.stored.login : null
  const logins = [file.kind === 'login' ? file.login : null, stored]
  return logins.some(login => {
    const hash = login && tokenHash(login.refreshToken ?? login.accessToken)
    return hash !== null && !chain.includes(hash)
  })
}

function chainOf(v: View): string[] {
  const { held } = v.h.memory
  const { file } = look(v).state
  const isOlder = v.h.file.kind === 'login' && v.h.file.atMs <= v.h.mark
  const inFile =
    file.kind === 'login' && isOlder ? [file.login.accessHash, file.login.refreshHash] : []
  const known = [...(held?.lineage.chain ?? []), held?.accessHash, ...inFile]
  return [...new Set(known.filter(hash => typeof hash === 'string'))]
}

/** `signOutHere` (engine/log-out.ts). */
function* signOutHere(): Program<null> {
  const before = yield* own(
    'signOutHere (engine/log-out.ts)',
    'remembers a log-out elsewhere',
    v => {
      const { held } = v.h.memory
      if (held === null) return null
      const chain = [...held.lineage.chain, held.accessHash]
      remember(v, { signedOut: { atMs: v.w.ms, chain, inStore: true, elsewhere: true } })
      if (v.h.asked?.kind === 'current') seal(v, v.h.asked.stored)
      return JSON.stringify(v.h.file)
    },
  )
  if (before === null) return null
  return yield* step(
    'signOutHere (engine/log-out.ts): writeLoginFile',
    'takes the login out of the file',
    v => {
      if (v.h.file.kind === 'login' && JSON.stringify(v.h.file) === before)
        v.h.file = { kind: 'missing' }
      return null
    },
    { ready: v => v.h.storageLock !== 'client' },
  )
}

/** `signOutStored` (engine/sign-out.ts). */
function* signOutStored(): Program<null> {
  const isAsked = yield* own(
    'signOutStored (engine/sign-out.ts)',
    'looks what it was told',
    v => v.h.asked !== null,
  )
  if (!isAsked) yield* readStore()
  const stored = yield* own(
    'signOutStored (engine/sign-out.ts)',
    'looks at the stored login',
    v => {
      const { asked, memory } = v.h
      if (asked?.kind !== 'current' || memory.signedOut === null) return { kind: 'away' as const }
      const token = asked.stored.login?.refreshToken ?? null
      const hash = token === null ? null : tokenHash(token)
      const { chain } = memory.signedOut
      const isRelated = asked.stored.lineage?.chain.some(each => chain.includes(each)) ?? false
      const isTheirs = hash === null || isRelated || chain.includes(hash)
      if (!isTheirs || asked.stored.signedOutAtMs !== null) return { kind: 'done' as const }
      return { kind: 'theirs' as const, token, hash, asked, isShared: v.isShared }
    },
  )
  if (stored.kind === 'away') return null
  if (stored.kind === 'theirs') {
    const { token, hash, asked } = stored
    if (token !== null)
      yield* step('signOutStored (engine/sign-out.ts): revoke', `revokes ${token}`, v => {
        endFamily(v.w, v.w.tokens[numberOf(token)]?.family ?? 0)
        return null
      })
    yield* own(
      'signOutStored (engine/sign-out.ts)',
      'remembers it as spent and seals the log-out',
      v => {
        if (hash !== null) v.h.memory = withSpent(v.h.memory, hash)
        seal(v, { ...asked.stored, login: null, signedOutAtMs: v.w.ms })
        return null
      },
    )
    const written = yield* step(
      'signOutStored (engine/sign-out.ts): store.write',
      'writes the log-out to the store',
      v => {
        const without = { ...asked.stored, login: null, signedOutAtMs: v.w.ms }
        return v.isShared ? changeDocument(v, toDocument(without), asked.version) : 'written'
      },
    )
    if (written !== 'written') return null
  }
  return yield* own('signOutStored (engine/sign-out.ts)', 'remembers that the store knows', v => {
    const { signedOut } = v.h.memory
    if (signedOut)
      remember(v, { signedOut: { ...signedOut, inStore: true }, stored: null, pending: null })
    v.h.asked = null
    return null
  })
}
