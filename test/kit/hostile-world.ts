// A world that is as unkind as can be: what becomes of a state after a step, and after others' deeds in between.

import fc from 'fast-check'
import { type Decision, decisionKey, type KnownLogin, type State } from '../../src/policy/state.js'
import { anyAnswer, anyFile, anyToken, timeOrNull } from './any-state.js'
import { heldAs, inFile, inStore, minuteMs, nowMs, withoutRefresh } from './states.js'

const oneOf = <const T extends string>(...words: T[]) => fc.constantFrom(...words)

/** How a step turns out, and what somebody else does right after it. */
export const anyFate = fc.record({
  /** False: inside the locks it turned out that there was nothing to do any more. */
  lands: fc.constantFrom(true, true, true, false),
  renewal: oneOf('rotated', 'kept', 'refused', 'lost', 'otherwise', 'not-sent'),
  /** False: a successor that found another login in the file. */
  saved: fc.constantFrom(true, true, true, false),
  profile: oneOf('accepted', 'foreign', 'refused', 'silent'),
  write: oneOf('written', 'conflict', 'away'),
  answer: anyAnswer,
  token: anyToken,
  expiresAtMs: timeOrNull,
  meanwhile: oneOf('refresh', 'blank', 'sign-in', 'log-out', 'put-back', 'store-moves'),
  file: anyFile,
})
export type Fate = typeof anyFate extends fc.Arbitrary<infer T> ? T : never

/** One run in this world, from `first` on. */
export function hostileWorld(first: State) {
  let state = first
  let minted = 0
  const mint = (expiresAtMs: number | null): KnownLogin => {
    minted += 1
    const renewAtMs = expiresAtMs === null ? null : expiresAtMs - minuteMs
    const hashes = { accessHash: `new${minted}-access`, refreshHash: `new${minted}-refresh` }
    return { ...hashes, expiresAtMs, loginEndsAtMs: null, renewAtMs }
  }
  const change = (facts: Partial<State>): State => {
    state = { ...state, ...facts }
    return state
  }
  const stored = () => (state.store.kind === 'current' ? state.store.login : null)
  const spend = (hash: string) => ({
    spent: [...state.spent, hash],
    maybeSpent: state.maybeSpent.filter(each => each.hash !== hash),
  })

  function renew(hash: string, fate: Fate): State {
    const backOff = { hash, nextTryAtMs: nowMs + 1000 }
    const before = state.maybeSpent.find(each => each.hash === hash)?.tries ?? 0
    const others = state.maybeSpent.filter(each => each.hash !== hash)
    if (fate.renewal === 'refused') return change({ ...spend(hash), backOff: null })
    if (fate.renewal === 'lost')
      return change({ maybeSpent: [...others, { hash, tries: before + 1 }], backOff })
    if (fate.renewal === 'otherwise' || fate.renewal === 'not-sent') return change({ backOff })
    const next = mint(fate.expiresAtMs)
    if (fate.renewal === 'kept') next.refreshHash = hash
    else change(spend(hash))
    const sole = state.custody === 'sole'
    if (sole) change({ store: inStore(next, !fate.saved), storedAccessHash: next.accessHash })
    if (!fate.saved) return state
    const held = heldAs(next, { renewedAtMs: nowMs, inFile: !sole })
    return change({ file: inFile(sole ? withoutRefresh(next) : next), held, backOff: null })
  }

  function verify(accessHash: string, fate: Fate): void {
    if (fate.profile === 'silent') return
    const kind = fate.profile === 'refused' ? 'refused' : 'accepted'
    const said = {
      accessHash,
      kind,
      atMs: nowMs,
      rightIdentity: fate.profile !== 'foreign',
    } as const
    const { file } = state
    const isFiles = file.kind === 'login' && file.login.accessHash === accessHash
    change(isFiles ? { verification: said } : { copyVerification: said })
    if (isFiles && fate.profile === 'accepted') change({ held: heldAs(file.login) })
  }

  function restore({ because, about }: Decision): State {
    const { file, longLived } = state
    if (longLived.token !== null && longLived.token.accessHash === about) {
      const { token } = longLived
      const nothing = { refreshHash: null, expiresAtMs: null, loginEndsAtMs: null, renewAtMs: null }
      const login = { accessHash: token.accessHash, ...nothing }
      return change({ file: inFile(login), longLived: { ...longLived, placed: token } })
    }
    if (file.kind === 'login' && file.incomplete && because === 'unreadable')
      return change({ file: inFile(file.login, { past: file.past }) })
    const copy = stored()
    if (copy === null) return state
    const shown = state.custody === 'sole' ? withoutRefresh(copy) : copy
    return change({ file: inFile(shown), held: heldAs(copy), store: inStore(copy), backOff: null })
  }

  function backUp(accessHash: string, fate: Fate): void {
    if (fate.write === 'written') change({ storedAccessHash: accessHash, pending: null })
    else change({ pending: { nextTryAtMs: nowMs + 1000 } })
    if (fate.write === 'conflict') change({ store: fate.answer })
    const { file } = state
    if (fate.write === 'written' && file.kind === 'login' && state.custody === 'sole')
      change({ file: inFile(withoutRefresh(file.login)), store: inStore(file.login) })
  }

  function readStore({ answer, token }: Fate) {
    const told = { token, atHand: token !== null, askedAtMs: nowMs }
    const isTold = answer.kind === 'current' && !answer.away
    const { longLived } = state
    change({ store: answer, longLived: isTold ? { ...longLived, ...told } : longLived })
  }

  return {
    state: () => state,
    /** Acts on a decision as the real steps could. */
    act(decision: Decision, fate: Fate): void {
      const about = decision.about ?? ''
      if (decision.do === 'read-store') readStore(fate)
      else if (fate.lands && decision.do === 'renew') renew(about, fate)
      else if (decision.do === 'verify') verify(about, fate)
      else if (fate.lands && decision.do === 'restore') restore(decision)
      else if (fate.lands && decision.do === 'back-up') backUp(about, fate)
      change({ tried: [...state.tried, decisionKey(decision)] })
    },
    /** What a bare client, a person, another tool or another host does. */
    meddle(fate: Fate): void {
      const next = mint(fate.expiresAtMs)
      const wasAsked = state.store.kind !== 'unasked' && state.store.kind !== 'none'
      const deeds = {
        refresh: { file: inFile(next) },
        blank: { file: { kind: 'blank', blankedAtMs: nowMs, timeLimit: false } },
        'sign-in': { file: inFile(next), signedOut: null },
        'log-out': { file: { kind: 'missing' }, signedOut: ['a-refresh'] },
        'put-back': { file: fate.file },
        'store-moves': wasAsked ? { store: fate.answer } : {},
      } satisfies Record<Fate['meanwhile'], Partial<State>>
      change(deeds[fate.meanwhile])
    },
  }
}
