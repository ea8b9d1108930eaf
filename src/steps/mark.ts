// Marking the result for the wrapper: how long it may trust this login without asking.

import { clearMarks, writeMarks } from '../login/marks.js'
import type { Run } from '../run.js'
import type { Decision, LoginFacts, LongLivedFacts } from '../state.js'
import { ourLongLived } from './long-lived-facts.js'
import type { Seen } from './look.js'

/** A background worker that changed nothing is not repeated before this. */
const quietMs = 60_000
/** The client refreshes by itself this long before the end: from then on a launch waits for us. */
const clientRefreshMs = 5 * 60_000

/** Leaves marks for a login that is good; after anything else every launch asks. */
export function mark(run: Run, { state, file }: Seen, decision: Decision) {
  if (!run.owned || run.config.mode !== 'on') return
  if (['not-ours', 'other-credential'].includes(decision.because)) return
  const good = decision.because === 'fresh' || decision.because === 'long-lived'
  const login = state.file.kind === 'login' ? state.file.login : null
  if (!good || login === null || file.contentHash === null) return clearMarks(run.paths)
  const nowMs = run.now()
  const ours = ourLongLived(state)
  const endsAtMs = ours?.endsAtMs ?? null
  const freshUntilMs = freshUntil(run, login, ours && state.longLived, nowMs)
  writeMarks(run.paths, {
    contentHash: file.contentHash,
    freshUntilMs,
    usableUntilMs: login.expiresAtMs === null ? endsAtMs : login.expiresAtMs - clientRefreshMs,
    retryAtMs: freshUntilMs > nowMs ? null : retryAt(run, nowMs),
    client: run.client,
    isClientChosen: run.isClientChosen,
    isClientConfigured: run.client !== null && run.client === run.config.client,
    ...run.configFiles,
    nowMs,
    nonce: run.nonce(),
  })
}

/** Until half-life, the next verification, or the next try of a back-up, whichever is first. */
function freshUntil(
  run: Run,
  login: LoginFacts,
  ours: LongLivedFacts | null,
  nowMs: number,
): number {
  const { verification, pending } = run.memory
  const never = Number.POSITIVE_INFINITY
  const { verifyEveryMs } = run.config.renewal
  const verifiedAtMs = verification?.accessHash === login.accessHash ? verification.atMs : null
  const isLongLived = login.expiresAtMs === null
  // The server can't be asked about a long-lived token; the store is, whether it is still wanted.
  const askedAtMs = ours?.wanted ? (ours.askedAtMs ?? 0) : nowMs
  const verifyAtMs =
    verifiedAtMs !== null || isLongLived
      ? // A verification noted by a clock that was ahead is no reason to trust longer.
        Math.min(verifiedAtMs ?? askedAtMs, nowMs) + verifyEveryMs
      : nowMs
  return Math.min(login.renewAtMs ?? never, pending?.nextTryAtMs ?? never, verifyAtMs)
}

function retryAt({ memory }: Run, nowMs: number): number {
  return Math.max(memory.backOff?.nextTryAtMs ?? 0, nowMs + quietMs)
}
