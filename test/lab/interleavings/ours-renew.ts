// Renewing in the model: announce, request, write-ahead answer, settle, install, conclude; and recovering after a kill.

import { isOver } from '../../../src/engine/read-store.js'
import { findParent } from '../../../src/engine/renew.js'
import { holding } from '../../../src/engine/save.js'
import type { Parent } from '../../../src/engine/save-renewed-login.js'
import { type Lineage, newLineage, nextGeneration } from '../../../src/login/lineage.js'
import { type Login, tokenHash, withoutRefreshToken } from '../../../src/login/login.js'
import { withMaybeSpent, withSpent } from '../../../src/login/memory.js'
import { isOldCopy } from '../../../src/login/tracked-login.js'
import { backedOff } from '../../../src/policy/back-off.js'
import type { Intent } from '../../../src/store/document.js'
import { decideNow, look, runOf, user } from './look.js'
import { keepAside, saveToFile, withRefreshLocks } from './ours-file.js'
import { isLoggedOut, noticeLogOut } from './ours-log-out.js'
import { changeDocument, keepHere, readStore, remember } from './ours-store.js'
import { own, type Program, step } from './steps.js'
import { endFamily, loginOf, numberOf, post, type Reply, type View, type World } from './world.js'

const promptMs = 5_000
const mostConflicts = 5
const mostTurns = 3

type Announced = 'clear' | 'closed' | 'moved'
type Asked = 'renewed' | 'not-renewed' | 'stale'

/** `renew` (engine/renew.ts). */
export function* renew(hash: string): Program<boolean> {
  const known = yield* own('renew (engine/renew.ts): findParent', 'looks for the token', v => {
    const seen = look(v)
    const { file } = seen
    const inFile = file.kind === 'login' ? hashOf(file.login.refreshToken) : null
    return {
      parent: findParent(runOf(v), seen, hash),
      isAlone: v.custody === 'sole' && inFile !== hash,
    }
  })
  if (known.parent === null) return false
  for (let turn = 0; turn < mostTurns; turn++) {
    const announced = yield* announce(hash)
    if (announced !== 'clear') break
    const asked: Asked = known.isAlone
      ? yield* ask(known.parent)
      : yield* withRefreshLocks(() => renewLocked(hash))
    if (asked === 'renewed') return true
    if (asked === 'not-renewed') break
  }
  const ended = yield* own('endOf (engine/renew.ts)', 'looks what came of it', v => endOf(v, hash))
  yield* conclude(ended)
  return false
}

function endOf({ h: { memory } }: View, hash: string): Intent['ended'] {
  if (memory.spent.includes(hash)) return 'refused'
  return memory.maybeSpent.some(each => each.hash === hash) ? 'maybe-spent' : null
}

function hashOf(refreshToken: string | null): string | null {
  return refreshToken === null ? null : tokenHash(refreshToken)
}

function isWanted(v: View, hash: string): boolean {
  const then = decideNow(v)
  return then.do === 'renew' && then.about === hash
}

function* renewLocked(hash: string): Program<Asked> {
  yield* noticeLogOut()
  const parent = yield* step('renewLocked (engine/renew.ts)', 'reads and decides again', v =>
    isWanted(v, hash) ? findParent(runOf(v), look(v), hash) : null,
  )
  return parent === null ? 'not-renewed' : yield* ask(parent)
}

/** `announce` (engine/claim-renewal.ts). */
function* announce(parent: string): Program<Announced> {
  let isKnown = yield* own('announce (engine/claim-renewal.ts)', 'looks what it was told', v => ({
    isShared: v.isShared,
    isAsked: v.h.asked !== null,
  }))
  if (!isKnown.isShared) return 'clear'
  for (;;) {
    if (!isKnown.isAsked) yield* readStore()
    isKnown = { ...isKnown, isAsked: false }
    const said = yield* step(
      'announce (engine/claim-renewal.ts)',
      'looks whether it may post',
      v => {
        const { asked, memory } = v.h
        if (!isWanted(v, parent)) return 'moved'
        if (asked?.kind === 'empty') return 'clear'
        if (asked?.kind !== 'current' || asked.away !== null) return unfenced(v)
        const { login, lineage, intent } = asked.stored
        if (login === null || (lineage && !lineage.chain.includes(parent))) return 'clear'
        const isLeft =
          memory.spent.includes(intent?.parent ?? '') ||
          memory.held?.lineage.chain.slice(0, -1).includes(intent?.parent ?? '')
        const isTheirs = intent && intent.id !== memory.intentId && !isLeft
        return isTheirs && !isOver(intent, asked.ageMs) ? 'wait' : 'leave'
      },
    )
    if (said === 'wait') {
      yield* step(
        'announce (engine/claim-renewal.ts): sleep',
        'waits for the other host',
        () => null,
        {
          ready: v => !sameIntent(v) || isIntentOld(v),
        },
      )
      continue
    }
    if (said !== 'leave') return said
    const left = yield* leave(v => {
      const { h, i, w } = v
      h.intents += 1
      h.announcedMs = w.ms
      return { id: `host${i} ${h.intents}`, by: `host${i}`, parent, ended: null }
    })
    if (left === 'conflict') continue
    return left === 'written'
      ? 'clear'
      : yield* own('unfenced (engine/claim-renewal.ts)', 'is it alone?', unfenced)
  }
}

function unfenced(v: View): 'clear' | 'closed' {
  return look(v).state.usedByOthers ? 'closed' : 'clear'
}

function sameIntent({ h: { asked }, w: { document } }: View): boolean {
  const known = asked?.kind === 'current' ? asked.version : -1
  return known === document?.version
}

function isIntentOld({ w }: View): boolean {
  return w.document !== null && w.ms - w.document.atMs >= 60_000
}

/** `leave` (engine/claim-renewal.ts): the own id is remembered first. */
function* leave(what: (v: View) => Intent | null): Program<'written' | 'conflict' | 'away'> {
  const intent = yield* own(
    'leave (engine/claim-renewal.ts): remember',
    'remembers its intent',
    v => {
      const made = what(v)
      if (made !== null) remember(v, { intentId: made.id })
      return made
    },
  )
  return yield* step(
    'leave (engine/claim-renewal.ts): store.change',
    'leaves the intent in the document',
    v => {
      const { asked } = v.h
      if (asked?.kind !== 'current') return 'away'
      const written = changeDocument(v, { claude_auth_intent: intent }, asked.version)
      if (written === 'written')
        v.h.asked = {
          ...asked,
          stored: { ...asked.stored, intent },
          version: asked.version + 1,
          ageMs: 0,
        }
      return written
    },
  )
}

/** `conclude` (engine/claim-renewal.ts). */
function* conclude(ended: Intent['ended']): Program<null> {
  for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
    const intent = yield* own(
      'conclude (engine/claim-renewal.ts)',
      'looks whether its intent stands',
      v => {
        const { asked, memory } = v.h
        if (!v.isShared || asked?.kind !== 'current' || asked.away !== null) return null
        const { intent: there } = asked.stored
        return there && there.id === memory.intentId && there.ended === null ? there : null
      },
    )
    if (intent === null) return null
    const outcome = yield* leave(() => (ended === null ? null : { ...intent, ended }))
    if (outcome !== 'conflict') return null
    yield* readStore()
  }
  return null
}

/** `ask` (engine/renew.ts): the write-ahead answer, the request, the answer made durable, and settled. */
function* ask(parent: Parent): Program<Asked> {
  const { hash } = parent
  yield* own('beginAnswer (login/answer.ts)', 'reserves the answer', v => {
    v.h.answer = { parent: hash, atMs: v.w.ms, reply: null }
    return null
  })
  const sent = yield* step(
    'ask (engine/renew.ts): requestRefresh',
    `posts ${parent.login.refreshToken}`,
    (v, way) => {
      if (v.isShared && v.h.announcedMs > 0 && v.w.ms - v.h.announcedMs > promptMs) return 'stale'
      return request(v, parent, way)
    },
    { ways: v => (v.w.budget.faults > 0 ? ['', 'lost', 'otherwise'] : ['']) },
  )
  if (sent === 'stale') {
    yield* erase()
    return 'stale'
  }
  if (sent === 'lost' || sent === 'otherwise') {
    yield* own(
      'settleLost, waiting (engine/handle-token-reply.ts)',
      'remembers that no answer came',
      v => {
        if (sent === 'lost') v.h.memory = withMaybeSpent(v.h.memory, hash, v.w.ms)
        waiting(v, hash)
        return null
      },
    )
    yield* erase()
    return 'not-renewed'
  }
  const reply = yield* own('saveAnswer (login/answer.ts)', 'makes the answer durable', v => {
    const { air, answer } = v.h
    if (answer) v.h.answer = { ...answer, reply: air }
    v.h.air = null
    return air
  })
  return (yield* settle(parent, reply, 'renewed')) ? 'renewed' : 'not-renewed'
}

function request(v: View, { hash, login }: Parent, way: string): 'answered' | 'lost' | 'otherwise' {
  const { w, h } = v
  if (way !== '') w.budget = { ...w.budget, faults: w.budget.faults - 1 }
  if (h.memory.spent.includes(hash))
    w.broken = `a token on the spent list was posted: ${login.refreshToken}`
  if (way === 'otherwise') return 'otherwise'
  const isKnownRisk = h.memory.maybeSpent.some(each => each.hash === hash)
  const reply = post(w, numberOf(login.refreshToken))
  if (reply === 'reuse') {
    if (isGivenUp(w, numberOf(login.refreshToken)))
      w.lost = 'a login that was given up: nobody needs it'
    else if (isKnownRisk) w.lost = 'gamble'
    else if (w.lost === '') w.broken = `a spent token was posted unknowingly: ${login.refreshToken}`
    h.air = { kind: 'refused' }
    return 'answered'
  }
  if (way === 'lost') {
    if (reply.kind === 'rotated') w.lost = 'answer lost on its way'
    return 'lost'
  }
  h.air = reply
  return 'answered'
}

/** A later sign-in has taken its place, or somebody has logged out. */
function isGivenUp(w: World, number: number): boolean {
  const isOut = w.hosts.some(h => h.person !== 'in' || h.memory.signedOut !== null)
  return isOut || w.tokens[number]?.family !== w.families.length - 1
}

function waiting(v: View, hash: string) {
  const { backOff } = v.h.memory
  const before = backOff?.hash === hash ? backOff : null
  remember(v, { backOff: { hash, ...backedOff(before, null, v.w.ms, 1) } })
}

/** `eraseAnswer` (login/answer.ts). */
function* erase(): Program<null> {
  return yield* own('eraseAnswer (login/answer.ts)', 'erases the answer', v => {
    v.h.answer = null
    return null
  })
}

/** `settle` (engine/handle-token-reply.ts). */
function* settle(parent: Parent, reply: Reply | null, because: string): Program<boolean> {
  if (reply?.kind === 'rotated') yield* install(parent, reply.token, because)
  else {
    yield* own('settle (engine/handle-token-reply.ts)', 'remembers the refusal', v => {
      v.h.memory = { ...withSpent(v.h.memory, parent.hash), backOff: null }
      return null
    })
    yield* stripped(parent.hash)
  }
  yield* erase()
  return reply?.kind === 'rotated'
}

/** `stripped` (engine/handle-token-reply.ts): sole custody only. */
function* stripped(hash: string): Program<null> {
  const found = yield* step(
    'stripped (engine/handle-token-reply.ts)',
    'looks whether the file has it',
    v => {
      const { file } = v.h
      const isThere = file.kind === 'login' && hashOf(file.login.refreshToken) === hash
      return v.custody === 'sole' && isThere ? JSON.stringify(file) : null
    },
  )
  if (found === null) return null
  yield* saveToFile('stripped (engine/handle-token-reply.ts)', ({ h: { file } }) =>
    JSON.stringify(file) === found && file.kind === 'login'
      ? withoutRefreshToken(file.login)
      : null,
  )
  return null
}

/** `install` (engine/save-renewed-login.ts). */
function* install(parent: Parent, token: number, because: string): Program<null> {
  const lineage = nextGeneration(parent.lineage, tokenHash(`r${token}`))
  const isOver = yield* step(
    'install (engine/save-renewed-login.ts): isLoggedOut',
    'looks for a log-out',
    isLoggedOut,
  )
  if (isOver) return yield* revokeInstead(parent, token)
  const login = (v: View) => ({ login: loginOf(v.w, token), lineage })
  const sealed = yield* sealFirst(login, because)
  yield* keepAside(v => oldCopy(v, parent))
  const saved = yield* saveToFile('install (engine/save-renewed-login.ts): saveToFile', v => {
    const next = loginOf(v.w, token)
    if (!mayReplace(v, parent, lineage)) return null
    return sealed ? withoutRefreshToken(next) : next
  })
  const isOut =
    !saved &&
    (yield* step(
      'install (engine/save-renewed-login.ts): isLoggedOut',
      'looks for a log-out',
      isLoggedOut,
    ))
  if (isOut) return yield* revokeInstead(parent, token)
  if (!saved && !sealed) yield* keepAside(v => loginOf(v.w, token))
  return yield* own(
    'install (engine/save-renewed-login.ts): remember',
    'remembers the successor',
    v => {
      const next = loginOf(v.w, token)
      const facts = { renewedAtMs: v.w.ms, inFile: !sealed }
      const accessHash = tokenHash(next.accessToken)
      const vouched = { accessHash, kind: 'accepted', atMs: v.w.ms, identity: user } as const
      const held = saved ? { held: holding(runOf(v), next, lineage, facts) } : {}
      const spent = withSpent(v.h.memory, parent.hash)
      const pinned = spent.pinned ?? user
      const verification = { ...vouched, organization: null }
      v.h.memory = { ...spent, ...held, verification, pinned, backOff: null }
      return null
    },
  )
}

function* revokeInstead(parent: Parent, token: number): Program<null> {
  yield* step('revokeInstead (engine/save-renewed-login.ts)', `revokes r${token}`, v => {
    endFamily(v.w, v.w.tokens[token]?.family ?? 0)
    return null
  })
  return yield* own('revokeInstead (engine/save-renewed-login.ts)', 'remembers it', v => {
    v.h.memory = withSpent(v.h.memory, parent.hash)
    return null
  })
}

function* sealFirst(
  what: (v: View) => { login: Login; lineage: Lineage },
  because: string,
): Program<boolean> {
  const start = yield* own(
    'sealFirst (engine/save-renewed-login.ts)',
    'looks at its custody',
    v => ({
      isSole: v.custody === 'sole',
      isAsked: v.h.asked !== null,
    }),
  )
  if (!start.isSole) return false
  for (const isAsked of [start.isAsked, false]) {
    if (!isAsked) yield* readStore()
    if (yield* keepHere(what, because)) return true
  }
  return false
}

function oldCopy(v: View, parent: Parent): Login | null {
  const { file, memory } = v.h
  if (file.kind !== 'login' || file.login.accessToken === parent.login.accessToken) return null
  return isOldCopy(file.login, memory.held, v.w.ms) ? file.login : null
}

/** As `mayReplace` of engine/save-renewed-login.ts. */
function mayReplace(v: View, parent: Parent, lineage: Lineage): boolean {
  const { file, memory } = v.h
  if (file.kind !== 'login') return true
  const { refreshToken, accessToken } = file.login
  if (accessToken === parent.login.accessToken || refreshToken === null) return true
  const hash = tokenHash(refreshToken)
  if (lineage.chain.includes(hash) || memory.spent.includes(hash)) return true
  return isOldCopy(file.login, memory.held, v.w.ms)
}

/** `recover` (engine/recover.ts). */
export function* recover(): Program<null> {
  const found = yield* own(
    'recover (engine/recover.ts): findLeftAnswer',
    'looks for an answer',
    v => v.h.answer,
  )
  if (found !== null)
    yield* withRefreshLocks(() => handleLeftAnswer(found.parent, found.reply, found.atMs))
  yield* step(
    'recover (engine/recover.ts): releaseLeftLocks',
    'gives a dead run’s locks back',
    v => {
      if (v.h.refreshLock === 'dead') v.h.refreshLock = 'none'
      if (v.h.storageLock === 'dead') v.h.storageLock = 'none'
      return null
    },
  )
  return null
}

function* handleLeftAnswer(hash: string, reply: Reply | null, atMs: number): Program<null> {
  const isKnown = yield* own(
    'handleLeftAnswer (engine/recover.ts)',
    'looks whether it was saved',
    v => v.h.memory.spent.includes(hash),
  )
  if (isKnown) return yield* erase()
  if (reply === null) {
    yield* own(
      'settleLost (engine/handle-token-reply.ts)',
      'remembers a request without an answer',
      v => {
        v.h.memory = withMaybeSpent(v.h.memory, hash, v.w.ms)
        waiting(v, hash)
        return null
      },
    )
    return yield* erase()
  }
  const isAsked = yield* own(
    'parentOf (engine/recover.ts)',
    'looks what it was told',
    v => v.h.asked !== null,
  )
  if (!isAsked) yield* readStore()
  const parent = yield* step('parentOf (engine/recover.ts)', 'looks for the token’s login', v => {
    const { held } = v.h.memory
    const found = findParent(runOf(v), look(v), hash)
    const isOwn = held?.lineage.chain.includes(hash) ?? false
    const lineage =
      isOwn && held ? held.lineage : newLineage(`recovered ${hash.slice(0, 4)}`, hash, atMs)
    const login = { accessToken: '', refreshToken: null, expiresAtMs: null, loginEndsAtMs: null }
    const unknown = { hash, login: { ...login, scopes: null, fields: {} }, lineage, own: isOwn }
    return found ?? unknown
  })
  yield* settle(parent, reply, 'recovered')
  return null
}
