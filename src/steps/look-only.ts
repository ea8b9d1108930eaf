// Looking without acting: what the next run would find and do, from what is on this machine.

import { existsSync, statSync } from 'node:fs'
import { decide } from '../decide.js'
import type { Outcome, Step } from '../outcome.js'
import type { Run } from '../run.js'
import type { Decision } from '../state.js'
import { isLoggedOut } from './log-out.js'
import { look, type Seen } from './look.js'
import { outcomeOf, troubleOf, verdictOf } from './outcome-of.js'

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
    decision = decide(seen.state, run.now())
  }
  here.asked = online.asked
  const next = nextOf(online, decision)
  const trouble = troubleOf(here, seen, decision)
  // What is only upkeep leaves a good login good; one that has to be mended first does not work yet.
  const isGood = next !== null && works(seen, run.now())
  const judged: Decision = isGood ? { do: 'launch', because: 'fresh', about: null } : decision
  const isWaiting = next !== null && !isGood
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
    renewsItself: canRenew(online, seen),
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

/** A document elsewhere may hold what is missing here: only a run that may ask it can tell. */
function nextOf({ store, asked }: Run, decision: Decision): Step | null {
  const { about: _, ...step } = decision
  const isUnknown = decision.because === 'own-trouble' && store?.isShared === true
  if (isUnknown && asked?.kind !== 'denied') return { do: 'read-store', because: 'missing' }
  return step.do === 'launch' || step.do === 'sign-in' ? null : step
}

/** Can a client be started with the file as it is? */
function works({ state }: Seen, nowMs: number): boolean {
  const { file, verification } = state
  if (file.kind !== 'login') return false
  const { accessHash, expiresAtMs } = file.login
  const isRefused = verification?.kind === 'refused' && verification.accessHash === accessHash
  return !isRefused && (expiresAtMs === null || expiresAtMs > nowMs)
}

function canRenew({ config, memory }: Run, { state }: Seen): boolean {
  const { file } = state
  if (config.mode !== 'on' || file.kind !== 'login') return false
  const isHeld = memory.held?.accessHash === file.login.accessHash
  const hash = file.login.refreshHash ?? (isHeld ? (memory.held?.refreshHash ?? null) : null)
  return hash !== null && !memory.spent.includes(hash)
}
