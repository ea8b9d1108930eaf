// The rule against a hostile world: whatever happens between its steps, a run ends and spends nothing twice.

import fc from 'fast-check'
import t, { type Test } from 'tap'
import { decide } from '../../src/policy/decide.js'
import { type Decision, decisionKey, type KnownLogin, type State } from '../../src/policy/state.js'
import { anyState } from '../kit/any-state.js'
import { cases } from '../kit/cases.js'
import { anyFate, type Fate, hostileWorld } from '../kit/hostile-world.js'
import { minuteMs, nowMs } from '../kit/states.js'

const meddlings = 6
/** Three renewals with what each brings in its wake, and some steps for each deed of others. */
const mostSteps = 20 + 5 * meddlings
const runs = { numRuns: cases }
const anyStory = [anyState, fc.array(anyFate, { minLength: 1, maxLength: 12 })] as const

interface Taken {
  state: State
  decision: Decision
}

/** Every decision of one run with the state it was made from; the last one ends the run. */
function story(first: State, fates: Fate[]): Taken[] {
  const world = hostileWorld(first)
  const taken: Taken[] = []
  while (taken.length <= mostSteps) {
    const fate = fates[taken.length % fates.length] as Fate
    const state = world.state()
    const decision = decide(state, nowMs)
    taken.push({ state, decision })
    if (isEnd(decision)) return taken
    world.act(decision, fate)
    if (taken.length <= meddlings) world.meddle(fate)
  }
  return taken
}

/** Holds the claim for every decision of every story that it is about. */
function always(t: Test, claim: (state: State, decision: Decision) => boolean) {
  const holds = (first: State, fates: Fate[]) =>
    story(first, fates).every(({ state, decision }) => claim(state, decision))
  fc.assert(fc.property(...anyStory, holds), runs)
  t.pass()
}

function isEnd(decision: Decision): boolean {
  return decision.do === 'launch' || decision.do === 'sign-in'
}

function inFile({ file }: State): KnownLogin | null {
  return file.kind === 'login' ? file.login : null
}

function inStore({ store }: State): KnownLogin | null {
  return store.kind === 'current' ? store.login : null
}

/** What the server said of this login. */
function saidOf(state: State, login: KnownLogin | null) {
  const said = [state.verification, state.copyVerification]
  return said.find(each => each && each.accessHash === login?.accessHash) ?? null
}

t.test('a run ends, soon', async t => {
  const ends = (first: State, fates: Fate[]) => story(first, fates).length <= mostSteps
  fc.assert(fc.property(...anyStory, ends), { numRuns: 5 * runs.numRuns })
  t.pass()
})

t.test('no step is taken twice in a run', async t => {
  always(t, ({ tried }, decision) => isEnd(decision) || !tried.includes(decisionKey(decision)))
})

t.test('a spent token is neither posted nor restored', async t => {
  always(t, (state, { do: step, about }) => {
    if (step === 'renew') return about !== null && !state.spent.includes(about)
    if (step !== 'restore' || (state.file.kind === 'login' && state.file.incomplete)) return true
    if (about === state.longLived.token?.accessHash) return true
    const copy = inStore(state)
    return copy?.accessHash === about && !state.spent.includes(copy?.refreshHash ?? '')
  })
})

t.test('a token lost in two unanswered requests is not posted again', async t => {
  always(t, ({ maybeSpent }, { do: step, about }) => {
    const tries = maybeSpent.find(({ hash }) => hash === about)?.tries ?? 0
    return step !== 'renew' || tries < 2
  })
})

t.test('a token that may be spent waits until it is needed', async t => {
  always(t, (state, { do: step, about }) => {
    const logins = [inFile(state), inStore(state)].filter(login => login !== null)
    const isUnsure = state.maybeSpent.some(({ hash }) => hash === about)
    if (step !== 'renew' || !isUnsure || state.forced || inFile(state) === null) return true
    return logins.some(login => {
      const isLate = login.expiresAtMs === null || login.expiresAtMs - nowMs <= 10 * minuteMs
      return isLate || saidOf(state, login)?.kind === 'refused'
    })
  })
})

t.test('nothing is posted before the end of its back-off, unless by force', async t => {
  always(t, ({ backOff, forced }, { do: step, about }) => {
    // A pause longer than any of ours was noted by a clock that was wrong.
    const leftMs = backOff?.hash === about ? backOff.nextTryAtMs - nowMs : 0
    const waits = leftMs > 0 && leftMs <= 60 * 60_000
    return step !== 'renew' || !waits || forced
  })
})

t.test('what is not in the store or the file is not posted', async t => {
  always(t, (state, { do: step, about }) => {
    const known = [inFile(state)?.refreshHash, inStore(state)?.refreshHash]
    return step !== 'renew' || known.includes(about)
  })
})

t.test('a refused or foreign copy is not restored', async t => {
  always(t, (state, { do: step, about }) => {
    const copy = inStore(state)
    if (step !== 'restore' || copy?.accessHash !== about || about === inFile(state)?.accessHash)
      return true
    const said = saidOf(state, copy)
    return said === null || (said.kind === 'accepted' && said.rightIdentity)
  })
})

t.test('offline, the server is asked nothing', async t => {
  always(t, ({ offline }, { do: step }) => !offline || (step !== 'renew' && step !== 'verify'))
})

t.test('switched off, not ours or signed by something else: launched untouched', async t => {
  always(t, (state, { do: step, because }) => {
    const { mode, owned, otherCredential } = state
    if (mode !== 'off' && owned && !otherCredential) return true
    return step === 'launch' && ['off', 'not-ours', 'other-credential'].includes(because)
  })
})

t.test('nobody is called while something else signs', async t => {
  always(t, ({ standIn }, { do: step }) => !standIn || step !== 'sign-in')
})

t.test('after a log-out only a sign-in changes anything', async t => {
  always(t, (state, { do: step, because }) => {
    const { signedOut, mode, owned, otherCredential, file } = state
    const acts = mode === 'on' && owned && !otherCredential
    if (!acts || signedOut === null || file.kind === 'login') return true
    // Another host's log-out: somebody may have signed in there again.
    if (step === 'read-store') return state.signedOutElsewhere && state.store.kind === 'unasked'
    if (state.standIn) return step === 'launch' && because === 'other-credential'
    return step === 'sign-in' && because === 'signed-out'
  })
})

t.test(
  'a grant is called refused only when every copy is spent, or the very copy was blanked',
  async t => {
    always(t, (state, { because }) => {
      if (because !== 'grant-refused') return true
      const copy = inStore(state)
      const known = [inFile(state), copy].flatMap(login => login?.refreshHash ?? [])
      const allSpent = known.length > 0 && known.every(hash => state.spent.includes(hash))
      const { held, file, signInNeeded } = state
      const isCopy = copy !== null && copy.refreshHash === held?.refreshHash
      const wasRefused = copy === null && signInNeeded === 'grant-refused'
      return allSpent || (file.kind === 'blank' && (isCopy || wasRefused))
    })
  },
)

t.test('a launch calls itself fresh only with a login that works as far as is known', async t => {
  always(t, (state, { because }) => {
    if (because !== 'fresh') return true
    const login = inFile(state)
    const said = saidOf(state, login)
    const works = said === null || (said.kind === 'accepted' && said.rightIdentity)
    return works && login !== null && (login.expiresAtMs ?? 0) > nowMs
  })
})

t.test('a document that others use is not renewed past while it is away', async t => {
  always(t, ({ usedByOthers, store }, { do: step }) => {
    const isAway =
      store.kind === 'unreachable' ||
      store.kind === 'denied' ||
      (store.kind === 'current' && store.away)
    return step !== 'renew' || !usedByOthers || !isAway
  })
})

t.test('what a copy may hold too is posted late, for somebody, or announced', async t => {
  always(t, (state, { do: step, about }) => {
    const { store, isRemote, unattended } = state
    if (step !== 'renew' || about !== state.contestedHash) return true
    if (isRemote && store.kind === 'current' && !store.away) return true
    const logins = [inFile(state), inStore(state)].filter(login => login !== null)
    return (
      !unattended &&
      logins.some(login => {
        const isLate = login.expiresAtMs === null || login.expiresAtMs - nowMs <= 5 * minuteMs
        return isLate || saidOf(state, login)?.kind === 'refused'
      })
    )
  })
})

/** The same decision, whichever of the two is so. */
function alike(t: Test, one: (state: State) => State, other: (state: State) => State) {
  let differ = 0
  fc.assert(
    fc.property(...anyStory, (first, fates) => {
      for (const { state } of story(first, fates)) {
        const [left, right] = [one(state), other(state)]
        if (JSON.stringify(left) !== JSON.stringify(right)) differ++
        if (decisionKeyOf(left) !== decisionKeyOf(right)) return false
      }
      return true
    }),
    runs,
  )
  t.ok(differ > 100, `${differ} were to be told apart`)
}

function decisionKeyOf(state: State): string {
  return JSON.stringify(decide(state, nowMs))
}

t.test('a pause that ends later than any of ours is none', async t => {
  const until = (nextTryAtMs: number) => (state: State) => ({
    ...state,
    backOff: state.backOff && { ...state.backOff, nextTryAtMs },
    pending: state.pending && { ...state.pending, nextTryAtMs },
  })
  alike(t, until(nowMs + 2 * 60 * minuteMs), until(nowMs - 1))
})

t.test('a proof dated in the future is as good as one of long ago', async t => {
  const proved = (atMs: number) => (state: State) => {
    const at = <T extends State['verification']>(each: T): T =>
      each?.kind === 'accepted' ? { ...each, atMs } : each
    const { verification, copyVerification } = state
    return { ...state, verification: at(verification), copyVerification: at(copyVerification) }
  }
  for (const aheadMs of [1, minuteMs, 400 * 24 * 60 * minuteMs])
    alike(t, proved(nowMs + aheadMs), proved(-1))
})

t.test('a renewal of ours dated in the future is as good as one of long ago', async t => {
  const renewed = (renewedAtMs: number) => (state: State) => ({
    ...state,
    held: state.held?.renewedAtMs != null ? { ...state.held, renewedAtMs } : state.held,
  })
  for (const aheadMs of [1, minuteMs, 400 * 24 * 60 * minuteMs])
    alike(t, renewed(nowMs + aheadMs), renewed(0))
})

t.test('what is known to be somebody else’s is not posted', async t => {
  always(t, (state, { do: step, about }) => {
    if (step !== 'renew') return true
    const sources = [inFile(state), inStore(state)].filter(login => login?.refreshHash === about)
    return sources.some(login => {
      const said = saidOf(state, login)
      return said?.kind !== 'accepted' || said.rightIdentity
    })
  })
})

t.test('a login that works makes room only for one accepted just now', async t => {
  always(t, (state, decision) => {
    const [login, copy] = [inFile(state), inStore(state)]
    const { do: step, about } = decision
    if (step !== 'restore' || login === null || copy?.accessHash !== about) return true
    if (copy.accessHash === login.accessHash || isPlacing(state, decision)) return true
    const said = saidOf(state, login)
    const isSpent = login.refreshHash === null || state.spent.includes(login.refreshHash)
    const isGood = said?.kind === 'accepted' && (login.expiresAtMs ?? 0) > nowMs + minuteMs
    // One that can't be renewed, or is an earlier one, makes room for any that is not refused.
    if (!isGood || isSpent || (state.file.kind === 'login' && state.file.past)) return true
    const proof = saidOf(state, copy)
    return proof !== null && proof.atMs <= nowMs && proof.atMs >= nowMs - 2 * minuteMs
  })
})

t.test(
  'nobody is called while the login works and is not due, but for a spent one alone',
  async t => {
    always(t, (state, { do: step, because }) => {
      if (step !== 'sign-in' || because === 'signed-out' || because === 'wrong-identity')
        return true
      const login = inFile(state)
      if (login === null || saidOf(state, login)?.kind === 'refused') return true
      const works = (login.expiresAtMs ?? 0) > nowMs + minuteMs
      if (!works || login.renewAtMs === null || login.renewAtMs <= nowMs) return true
      const copy = inStore(state)
      const isAlone = copy === null || copy.accessHash === login.accessHash
      return isAlone && login.refreshHash !== null && state.spent.includes(login.refreshHash)
    })
  },
)

t.test('in sole custody the token that we hold is sealed before it is posted', async t => {
  always(t, (state, { do: step, about }) => {
    const login = inFile(state)
    if (step !== 'renew' || state.custody !== 'sole' || login?.refreshHash !== about) return true
    if (state.store.kind !== 'empty' && state.held?.refreshHash !== about) return true
    return state.tried.includes(`back-up ${login.accessHash}`)
  })
})

/** Is it the long-lived token of the document that is put into the file? */
function isPlacing({ longLived }: State, { do: step, about }: Decision): boolean {
  return step === 'restore' && longLived.token !== null && longLived.token.accessHash === about
}

function isOver(token: { endsAtMs: number | null }): boolean {
  return token.endsAtMs !== null && token.endsAtMs <= nowMs
}

t.test('a long-lived token is put into the file only where it is wanted and good', async t => {
  always(t, (state, decision) => {
    const { wanted, token, atHand } = state.longLived
    return !isPlacing(state, decision) || (wanted && token !== null && atHand && !isOver(token))
  })
})

t.test('no refresh token that only the file holds and that may be good makes room', async t => {
  always(t, (state, decision) => {
    const { file, spent, store } = state
    if (!isPlacing(state, decision) || file.kind !== 'login') return true
    const { accessHash, refreshHash } = file.login
    if (refreshHash === null || spent.includes(refreshHash) || file.past) return true
    if (store.kind === 'current' && store.newer && !store.away) return true
    if (saidOf(state, file.login)?.rightIdentity === false) return true
    const isStored = state.storedAccessHash === accessHash
    if (isStored && inStore(state)?.refreshHash === refreshHash) return true
    const without = decide({ ...state, longLived: { ...state.longLived, wanted: false } }, nowMs)
    return without.do === 'sign-in'
  })
})

t.test(
  'nobody is called while a long-lived token of ours is in the file and has not ended',
  async t => {
    always(t, (state, { do: step }) => {
      const { mode, owned, otherCredential, signedOut, file, longLived, held } = state
      const acts = mode === 'on' && owned && !otherCredential && signedOut === null
      if (!acts || file.kind !== 'login' || step !== 'sign-in') return true
      const { accessHash, refreshHash, expiresAtMs } = file.login
      const isLongLived = refreshHash === null && expiresAtMs === null
      const known = [longLived.token, longLived.placed]
      const ours = known.find(each => each?.accessHash === accessHash)
      return !isLongLived || held?.accessHash === accessHash || !ours || isOver(ours)
    })
  },
)
