// What the engine observes: the answers of store and server, and the first step that would change anything.

import type { Verification } from '../anthropic/login-server.js'
import { keepVerification } from '../engine/keep-verification.js'
import { noticeLogOut } from '../engine/log-out.js'
import { type Observation, observe } from '../engine/observe.js'
import { verdictOf as engineVerdict } from '../engine/outcome.js'
import { hindranceOf } from '../engine/preview.js'
import { readStore } from '../engine/read-store.js'
import { commit, type Run } from '../engine/run.js'
import { ask, learn, verify } from '../engine/verify.js'
import { decide } from '../policy/decide.js'
import type { Prospect, Verdict } from '../policy/outcome.js'
import { isToBeBackedUp, prospectOf } from '../policy/prospect.js'
import { type Decision, decisionKey, type State } from '../policy/state.js'
import type { StoreRead } from '../store/store.js'
import type { Trouble } from '../system/trouble.js'
import type { LoginFacts } from './login-facts.js'

export interface EngineFacts {
  seen: Observation
  /** What a run of `ensure` would do next. It was not done. */
  decision: Decision
  /** What becomes of the login: no check promises more than this. */
  prospect: Prospect
  /** A run to come stores this login. */
  isToBeBackedUp: boolean
  /** About the token in the file; null: it was not asked (offline, no login, not this user's). */
  server: Verification | null
  /** Null: there is no store, or it was not asked. */
  store: StoreRead | null
  verdict: Verdict
  /** What would keep a renewal from being made here; null: nothing. */
  hindrance: Trouble | null
  nowMs: number
}

/**
 * Takes the engine's read-only steps: no refresh token is spent, the login stays as it is, and only the server's answer about
 * its token is kept.
 */
export async function engineFacts({ place, run, seen: first }: LoginFacts): Promise<EngineFacts> {
  if (!place.owned) return ended(run, first, null, null)
  const store = run.store === null ? null : await readStore(run)
  const now = await noticeLogOut(run, observe(run))
  const server = await askServer(run, now)
  for (;;) {
    const seen = observe(run)
    const decision = decide(seen.state, run.now())
    if (!(await onlyLooks(run, seen, decision)))
      return { ...ended(run, seen, server, await hindranceOf(run, seen)), store }
    commit(run, { learned: { tried: [...run.tried, decisionKey(decision)] } })
  }
}

/** A token that has ended is asked about only to see whether the server answers. */
async function askServer(run: Run, seen: Observation): Promise<Verification | null> {
  const { file } = seen
  if (run.offline || file.kind !== 'login' || seen.state.file.kind !== 'login') return null
  const { accessHash, expiresAtMs, refreshHash } = seen.state.file.login
  // A long-lived token may not ask.
  if (refreshHash === null && expiresAtMs === null) return null
  const answer = await ask(run, file.login)
  const hasEnded = expiresAtMs !== null && expiresAtMs <= run.now()
  if (hasEnded && answer.kind !== 'accepted') return answer
  await keepVerification(run, accessHash, answer)
  learn(run, seen, accessHash, answer)
  return answer
}

async function onlyLooks(run: Run, seen: Observation, decision: Decision): Promise<boolean> {
  if (decision.do === 'verify') await verify(run, seen, decision)
  if (decision.do === 'read-store') await readStore(run)
  return decision.do === 'verify' || decision.do === 'read-store'
}

function ended(
  run: Run,
  seen: Observation,
  server: Verification | null,
  hindrance: Trouble | null,
): EngineFacts {
  const nowMs = run.now()
  const decision = decide(seen.state, nowMs)
  const verdict = engineVerdict(decision, null)
  const { file } = seen.state
  const endsAtMs = file.kind === 'login' ? file.login.expiresAtMs : null
  const isSilent = server?.kind === 'no-answer' && endsAtMs !== null && endsAtMs <= nowMs
  const facts = { observes: run.config.mode === 'observe', isHindered: hindrance !== null }
  const state = run.offline ? asAnswering(seen.state) : seen.state
  return {
    seen,
    decision,
    prospect: prospectOf(state, nowMs, facts),
    isToBeBackedUp: isToBeBackedUp(state, nowMs, facts),
    server,
    store: null,
    hindrance,
    verdict: verdict === 'ok' && isSilent ? 'no-answer' : verdict,
    nowMs,
  }
}

/** A store that is not asked because of `--offline` is not unreachable. */
function asAnswering(state: State): State {
  const { store } = state
  if (store.kind === 'unreachable') return { ...state, store: { kind: 'unasked' } }
  return store.kind === 'current' ? { ...state, store: { ...store, away: false } } : state
}
