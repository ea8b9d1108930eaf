// Looking without acting: what the next run would find and do, from what is on this machine.

import { existsSync, statSync } from 'node:fs'
import { decide } from '../decide.js'
import type { Outcome, Step } from '../outcome.js'
import type { Run } from '../run.js'
import type { Decision } from '../state.js'
import { hindranceOf } from './hindrance.js'
import { isLoggedOut } from './log-out.js'
import { look, type Seen } from './look.js'
import { outcomeOf, troubleOf, verdictOf } from './outcome-of.js'
import { isRenewalLost } from './store-trouble.js'

/** What was found. Times are epoch milliseconds. */
export interface Found {
  outcome: Outcome
  seen: Seen
  decision: Decision
  /** What the next run would do to the login; null: nothing. */
  next: Step | null
  /** What works but needs care, in words; null: nothing. */
  trouble: string | null
  organization: string | null
  /** When the server last said whose token this is; null: it did not. */
  verifiedAtMs: number | null
  /** Since when a sign-in is needed or the server is silent. */
  sinceMs: number | null
  /** Is there a refresh token that may be posted, and somebody who may post it? */
  renewsItself: boolean
}

/**
 * Judges the login of `run` (started `offline` and `readOnly`) as the next run would, without the
 * network and without a change anywhere: neither gate nor locks are needed.
 */
export async function lookOnly(run: Run): Promise<Found> {
  const here: Run = { ...run, memory: withLogOut(run) }
  // What the next run would do is asked, and that one may use the network.
  const online: Run = { ...here, offline: false }
  let seen = look(online)
  let decision = decide(seen.state, run.now())
  if (decision.do === 'read-store') {
    online.asked = await sealedHere(run)
    seen = look(online)
    decision = asLastKnown(online, decide(seen.state, run.now()))
  }
  here.asked = askedBefore(online)
  const next = nextOf(online, decision)
  const hindrance = canRenew(online, seen) ? await hindranceOf(run, seen) : null
  const trouble = troubleOf(here, seen, decision) ?? hindrance
  // What is only upkeep leaves a good login good; one that has to be mended first does not work yet.
  const isGood = next !== null && works(seen, run.now())
  const judged = judgedAs(run, decision, next, isGood)
  const isWaiting = next !== null && !isGood && judged.because !== 'observe'
  const verdict = isWaiting ? 'attention' : verdictOf(judged, trouble)
  const outcome = outcomeOf(here, seen, judged, {
    verdict,
    steps: [],
    did: [],
    alert: 'off',
  })
  const { verification, signInNeeded, backOff, signedOut } = here.memory
  const { file } = seen.state
  const isChecked = file.kind === 'login' && verification?.accessHash === file.login.accessHash
  return {
    outcome,
    seen,
    decision,
    next,
    trouble,
    organization: isChecked ? (verification?.organization ?? null) : null,
    verifiedAtMs: isChecked && verification?.kind === 'accepted' ? verification.atMs : null,
    sinceMs: signInNeeded?.sinceMs ?? signedOut?.atMs ?? backOff?.triesAtMs[0] ?? null,
    renewsItself: canRenew(online, seen) && hindrance === null && !isRenewalLost(here, seen.state),
  }
}

/** The store's copy on this machine; a shared document is not asked. */
async function sealedHere({ store }: Run): Promise<Run['asked']> {
  const read = (await store?.read()) ?? { kind: 'empty' as const, version: 0 }
  return read.kind === 'current' ? { ...read, away: null } : read
}

/** A log-out that no run has noticed yet counts too. */
function withLogOut(run: Run): Run['memory'] {
  const { memory, paths } = run
  if (memory.signedOut !== null || look(run).file.kind === 'login' || !isLoggedOut(run))
    return memory
  const atMs = existsSync(paths.signedOut) ? statSync(paths.signedOut).mtimeMs : run.now()
  return { ...memory, signedOut: { atMs, chain: [], inStore: false } }
}

/** What the store said when it was last asked: Vault is not asked here. */
function askedBefore({ asked, memory: { storeTrouble } }: Run): Run['asked'] {
  if (storeTrouble?.kind === 'empty')
    return { kind: 'empty', version: 0, damaged: storeTrouble.what }
  if (storeTrouble !== null) return { ...storeTrouble, kind: storeTrouble.kind }
  return asked?.kind === 'unreachable' ? null : asked
}

/** A document elsewhere may hold what is missing here: only a run that may ask it can tell. */
function isOpen({ store, asked, memory }: Run, { because }: Decision): boolean {
  if (because !== 'own-trouble' || store?.kind !== 'vault') return false
  return asked?.kind !== 'denied' && memory.storeTrouble === null
}

/** Where only the document could tell, what the last run found there stands. */
function asLastKnown(run: Run, decision: Decision): Decision {
  const { signInNeeded } = run.memory
  if (signInNeeded === null || !isOpen(run, decision)) return decision
  return { do: 'sign-in', because: signInNeeded.because, about: null }
}

function nextOf(run: Run, decision: Decision): Step | null {
  const { about: _, ...step } = decision
  if (isOpen(run, decision)) return { do: 'read-store', because: 'missing' }
  return step.do === 'launch' || step.do === 'sign-in' ? null : step
}

/** As a run would end: who only observes leaves things as they are, and says so. */
function judgedAs(
  { config }: Run,
  decision: Decision,
  next: Step | null,
  isGood: boolean,
): Decision {
  const isLeft = next === null ? decision.because === 'fresh' : next.do !== 'read-store'
  if (config.mode === 'observe' && isLeft) return { do: 'launch', because: 'observe', about: null }
  return isGood ? { do: 'launch', because: 'fresh', about: null } : decision
}

/** Can a client be started with the file as it is? */
function works({ state }: Seen, nowMs: number): boolean {
  const { file, verification } = state
  if (file.kind !== 'login') return false
  const { accessHash, expiresAtMs } = file.login
  const isRefused = verification?.kind === 'refused' && verification.accessHash === accessHash
  return !isRefused && (expiresAtMs === null || expiresAtMs > nowMs)
}

function canRenew(run: Run, { state }: Seen): boolean {
  const { config, memory } = run
  const { file } = state
  if (config.mode !== 'on' || file.kind !== 'login' || run.otherCredential !== null) return false
  const isHeld = memory.held?.accessHash === file.login.accessHash
  const hash = file.login.refreshHash ?? (isHeld ? (memory.held?.refreshHash ?? null) : null)
  return hash !== null && !memory.spent.includes(hash)
}
