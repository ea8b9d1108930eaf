// One run of ours in the model, as `ensure` tells it: recover, notice a log-out, look and decide, act, and again.

import { isSignedOutElsewhere } from '../../../src/engine/log-out.js'
import type { Observation } from '../../../src/engine/observe.js'
import { holding } from '../../../src/engine/save.js'
import { type Lineage, newLineage } from '../../../src/login/lineage.js'
import { type Login, tokenHash, withoutRefreshToken } from '../../../src/login/login.js'
import type { Memory } from '../../../src/login/memory.js'
import { isHeld } from '../../../src/login/tracked-login.js'
import { backedOff } from '../../../src/policy/back-off.js'
import { type Decision, decisionKey } from '../../../src/policy/state.js'
import type { StoredLogin } from '../../../src/store/document.js'
import { makeTrouble } from '../../../src/system/trouble.js'
import { decideNow, look, runOf, user } from './look.js'
import { inFileForm, keepAside, saveToFile, withRefreshLocks } from './ours-file.js'
import { noticeLogOut } from './ours-log-out.js'
import { recover, renew } from './ours-renew.js'
import { keepHere, readStore, remember, saveToStore, seal } from './ours-store.js'
import { own, type Program, step } from './steps.js'
import { accepts, copiesAt, newest, numberOf, type View } from './world.js'

const mostConflicts = 5

/** The programs by name: `recover`, `look`, and one for each decision. */
export function* program(name: string): Program<string | null> {
  if (name === 'recover') {
    yield* recover()
    return 'look'
  }
  if (name === 'look') {
    yield* noticeLogOut()
    const decision = yield* step('ensure (ensure.ts): look, decide', 'reads and decides', v => {
      const made = decideNow(v)
      if (made.do === 'sign-in') isNeeded(v, made)
      return made
    })
    return decision.do === 'launch' || decision.do === 'sign-in' ? null : JSON.stringify(decision)
  }
  const decision = JSON.parse(name) as Decision
  yield* act(decision)
  yield* own('ensure (ensure.ts)', `has tried to ${decision.do}`, v => {
    v.h.tried = [...v.h.tried, decisionKey(decision)]
    return null
  })
  return 'look'
}

/** A person is called although this host could find a good refresh token. */
function isNeeded({ w, h, i }: View, { because }: Decision) {
  const number = newest(w)
  const isLive = w.families.at(-1) === true && w.lost === ''
  const isOut = w.hosts.some(each => each.person !== 'in') || h.memory.signedOut !== null
  if (!isLive || isOut || because === 'never-signed-in') return
  const found = copiesAt(w.away ? { ...w, document: null } : w, { ...h, client: null })
  if (found.includes(number))
    w.broken = `host ${i} calls a person (${because}) though r${number} is there`
}

function* act(decision: Decision): Program<unknown> {
  const about = decision.about ?? ''
  switch (decision.do) {
    case 'read-store':
      return yield* readStore()
    case 'renew':
      return yield* renew(about)
    case 'restore':
      return yield* restore(about)
    case 'verify':
      return yield* verify(about)
    case 'back-up':
      return yield* backUp(decision)
  }
  return null
}

/** `restore`, `fromStore` (engine/restore.ts). */
function* restore(about: string): Program<unknown> {
  return yield* withRefreshLocks(function* () {
    yield* noticeLogOut()
    const found = yield* step('restore (engine/restore.ts)', 'reads and decides again', v => {
      const then = decideNow(v)
      const isWanted = then.do === 'restore' && then.about === about
      return isWanted && v.h.asked?.kind === 'current' && v.h.asked.stored.login
        ? { stored: v.h.asked.stored, before: JSON.stringify(v.h.file) }
        : null
    })
    if (found === null) return null
    const { stored, before } = found
    yield* keepAside(v => (isUnknown(v, stored.lineage) ? loginInFile(v) : null))
    yield* own('fromStore (engine/restore.ts): store.keep', 'seals what it restores', v => {
      if (v.isShared) seal(v, stored)
      return null
    })
    const login = stored.login as Login
    const saved = yield* saveToFile('fromStore (engine/restore.ts)', v =>
      JSON.stringify(v.h.file) === before ? inFileForm(v, login) : null,
    )
    if (!saved) return null
    return yield* own(
      'fromStore (engine/restore.ts): remember',
      'remembers what it restored',
      v => {
        remember(v, restored(v, login, stored.lineage))
        return null
      },
    )
  })
}

function restored(v: View, login: Login, known: Lineage | null): Partial<Memory> {
  const { memory, asked } = v.h
  const hash = login.refreshToken === null ? null : tokenHash(login.refreshToken)
  const lineage = known ?? newLineage(`stored ${login.refreshToken}`, hash, v.w.ms)
  const facts = { renewedAtMs: null, inFile: v.custody !== 'sole' }
  const held = holding(runOf(v), login, lineage, facts)
  const { held: before } = memory
  const isSame = before?.accessHash === held.accessHash
  const { accessHash } = held
  const isCached = asked?.kind !== 'current' || asked.isCached
  return {
    held:
      isSame && before
        ? { ...held, sinceMs: before.sinceMs, renewedAtMs: before.renewedAtMs }
        : held,
    backOff: null,
    ...(isCached ? {} : { stored: { version: asked.version, accessHash, atMs: v.w.ms } }),
    ...(memory.verifiedCopy?.accessHash === accessHash
      ? { verification: memory.verifiedCopy }
      : {}),
  }
}

function loginInFile({ h: { file } }: View): Login | null {
  return file.kind === 'login' ? file.login : null
}

function isUnknown(v: View, stored: Lineage | null): boolean {
  const { memory } = v.h
  const refreshToken = loginInFile(v)?.refreshToken ?? null
  if (refreshToken === null) return false
  const earlier = memory.held?.lineage.chain.slice(0, -1) ?? []
  return ![...memory.spent, ...earlier, ...(stored?.chain ?? [])].includes(tokenHash(refreshToken))
}

/** `verify` (engine/verify.ts). */
function* verify(about: string): Program<unknown> {
  return yield* step('verify (engine/verify.ts)', 'asks the server whose it is', v => {
    const seen = look(v)
    const { asked, memory } = v.h
    const inFile = loginInFile(v)
    const stored = asked?.kind === 'current' ? asked.stored.login : null
    const login = [inFile, stored].find(copy => copy && tokenHash(copy.accessToken) === about)
    if (!login) return null
    const isAccepted = accepts(v.w, numberOf(login.accessToken))
    const kind = isAccepted ? 'accepted' : 'refused'
    const identity = isAccepted ? user : null
    const said = { accessHash: about, kind, atMs: v.w.ms, identity, organization: null } as const
    const isInFile = inFile !== null && tokenHash(inFile.accessToken) === about
    if (!isInFile && memory.verification?.accessHash !== about) remember(v, { verifiedCopy: said })
    else {
      const isOld = memory.verifiedCopy?.accessHash === about
      remember(v, { verification: said, ...(isOld ? { verifiedCopy: null } : {}) })
    }
    if (isAccepted) accept(v, seen, about)
    return null
  })
}

/** As `accept` of engine/verify.ts. */
function accept(v: View, { file, lineage }: Observation, about: string) {
  remember(v, { pinned: v.h.memory.pinned ?? user })
  const { held, backOff } = v.h.memory
  if (file.kind !== 'login' || tokenHash(file.login.accessToken) !== about) return
  if (held?.accessHash === about || lineage === null) return
  remember(v, {
    held: holding(runOf(v), file.login, lineage, { renewedAtMs: null, inFile: true }),
    backOff: backOff?.hash === lineage.chain.at(-1) ? backOff : null,
  })
}

/** `backUp` (engine/back-up.ts). */
function* backUp(decision: Decision): Program<unknown> {
  const takes = yield* step('backUp (engine/back-up.ts)', 'looks whether it takes custody', v => {
    return v.custody === 'sole' && Boolean(loginInFile(v)?.refreshToken)
  })
  if (!takes) return yield* deliver(decision)
  return yield* withRefreshLocks(function* () {
    const isWanted = yield* step('backUp (engine/back-up.ts)', 'reads and decides again', v => {
      const then = decideNow(v)
      return then.do === 'back-up' && then.about === decision.about
    })
    if (!isWanted) return false
    const isSafe = yield* isSafeHere()
    const isThere = yield* deliver(decision)
    if (isThere || isSafe) yield* takeCustody(decision.about)
    return isThere
  })
}

/** `kept` (engine/back-up.ts). */
function* isSafeHere(): Program<boolean> {
  const start = yield* own('isSafeHere (engine/back-up.ts)', 'looks at its store', v => ({
    keeps: v.isShared,
    isAsked: v.h.asked !== null,
  }))
  if (!start.keeps) return false
  if (!start.isAsked) yield* readStore()
  const found = yield* step('isSafeHere (engine/back-up.ts)', 'looks at the file', v => {
    const { file, lineage, state } = look(v)
    if (file.kind !== 'login' || lineage === null) return null
    if (state.store.kind === 'current' && state.store.newer) return null
    return { login: file.login, lineage }
  })
  return found === null ? false : yield* keepHere(() => found, 'store-behind')
}

function* deliver(decision: Decision): Program<boolean> {
  for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
    const isThere = yield* deliverOnce(decision)
    if (isThere !== 'conflict') return isThere
    yield* readStore()
  }
  return yield* postpone()
}

/** `deliverOnce` (engine/back-up.ts). */
function* deliverOnce(decision: Decision): Program<boolean | 'conflict'> {
  const isAsked = yield* own(
    'deliver (engine/back-up.ts)',
    'looks what it was told',
    v => v.h.asked !== null,
  )
  if (!isAsked) yield* readStore()
  const next = yield* step('deliver (engine/back-up.ts)', 'compares file and store', v =>
    delivering(v, decision),
  )
  if (next.kind === 'no') return false
  if (next.kind === 'there') return true
  if (next.kind === 'away') {
    const { keep } = next
    if (keep !== null) yield* keepHere(() => keep, 'store-behind')
    return yield* postpone()
  }
  const { login, lineage } = next
  const written = yield* saveToStore(() => ({ login, lineage }), decision.because)
  if (written === 'written') return true
  return written === 'conflict' ? 'conflict' : yield* postpone()
}

type Delivering =
  | { kind: 'no' }
  | { kind: 'there' }
  /** `keep`: what the sealed copy gets meanwhile, as `keepAndPostpone` does it. */
  | { kind: 'away'; keep: { login: Login; lineage: Lineage } | null }
  | { kind: 'write'; login: Login; lineage: Lineage }

function delivering(v: View, { about }: Decision): Delivering {
  const seen = look(v)
  const { file, lineage, state } = seen
  const { asked } = v.h
  if (file.kind !== 'login' || tokenHash(file.login.accessToken) !== about) return { kind: 'no' }
  if (isSignedOutElsewhere(runOf(v), seen)) return { kind: 'no' }
  if (asked?.kind === 'unreachable' || (asked?.kind === 'current' && asked.away))
    return { kind: 'away', keep: meanwhile(v, seen) }
  const stored = asked?.kind === 'current' ? asked.stored : null
  if (v.isShared && !isOwn(seen)) return { kind: 'no' }
  if (state.store.kind === 'current' && state.store.newer) return { kind: 'no' }
  const { login } = file
  const isThere =
    !(asked?.kind === 'current' && asked.isCached) &&
    stored?.login?.accessToken === login.accessToken &&
    (login.refreshToken === null || stored.login.refreshToken === login.refreshToken)
  if (isThere && asked?.kind === 'current') {
    const known = lineage ?? stored.lineage
    const isKnown = known === null || isHeld(login, v.h.memory.held)
    const facts = { renewedAtMs: null, inFile: login.refreshToken !== null }
    const held = isKnown ? {} : { held: holding(runOf(v), login, known, facts) }
    remember(v, {
      stored: { version: asked.version, accessHash: about, atMs: v.w.ms },
      pending: null,
      ...held,
    })
    return { kind: 'there' }
  }
  if (lineage === null) return { kind: 'no' }
  const refreshToken = login.refreshToken ?? ownRefreshToken(stored, lineage)
  return refreshToken === null
    ? { kind: 'no' }
    : { kind: 'write', login: { ...login, refreshToken }, lineage }
}

function meanwhile(v: View, seen: Observation): { login: Login; lineage: Lineage } | null {
  const { file, lineage, state } = seen
  if (!v.isShared || file.kind !== 'login' || file.login.refreshToken === null) return null
  const isBehind = state.store.kind === 'current' && state.store.newer
  return lineage !== null && isOwn(seen) && !isBehind ? { login: file.login, lineage } : null
}

/** As `isOwn` of engine/back-up.ts. */
function isOwn({ state }: Observation): boolean {
  const { file, held, verification, store } = state
  if (file.kind !== 'login') return false
  const { accessHash, refreshHash } = file.login
  const isOurs =
    held?.accessHash === accessHash || (refreshHash && held?.refreshHash === refreshHash)
  const isAccepted = verification?.kind === 'accepted' && verification.accessHash === accessHash
  return (
    Boolean(isOurs) ||
    isAccepted ||
    (store.kind === 'current' && store.login?.accessHash === accessHash)
  )
}

function ownRefreshToken(stored: StoredLogin | null, lineage: Lineage): string | null {
  const refreshToken = stored?.login?.refreshToken ?? null
  return refreshToken !== null && tokenHash(refreshToken) === lineage.chain.at(-1)
    ? refreshToken
    : null
}

/** `postpone` (engine/back-up.ts). */
function* postpone(): Program<false> {
  return yield* own('postpone (engine/back-up.ts)', 'puts the back-up off', v => {
    const { pending } = v.h.memory
    const before = pending && { ...pending, triesAtMs: [] }
    const { failures, nextTryAtMs } = backedOff(before, null, v.w.ms, 1)
    const sinceMs = pending?.sinceMs ?? v.w.ms
    remember(v, { pending: { sinceMs, failures, nextTryAtMs, trouble: makeTrouble('away') } })
    return false as const
  })
}

/** `takeCustody` (engine/back-up.ts). */
function* takeCustody(about: string | null): Program<unknown> {
  const found = yield* step('takeCustody (engine/back-up.ts)', 'reads the file', v => {
    const { file, lineage } = look(v)
    if (file.kind === 'login' && tokenHash(file.login.accessToken) !== about) return null
    return file.kind === 'login' && lineage
      ? { lineage, login: file.login, was: JSON.stringify(v.h.file) }
      : null
  })
  if (found === null) return null
  const { login, lineage, was } = found
  const saved = yield* saveToFile('takeCustody (engine/back-up.ts)', v =>
    JSON.stringify(v.h.file) === was ? withoutRefreshToken(login) : null,
  )
  if (!saved) return null
  return yield* own(
    'takeCustody (engine/back-up.ts): remember',
    'remembers that it has custody',
    v => {
      const { held } = v.h.memory
      const isSame = held?.accessHash === tokenHash(login.accessToken)
      const facts = { renewedAtMs: null, inFile: false }
      remember(v, {
        held: isSame ? { ...held, inFile: false } : holding(runOf(v), login, lineage, facts),
      })
      return null
    },
  )
}
