// What to do where the login file holds no login: a stored copy, or the right reason to call a person. Pure.

import type { Decision, FileFacts, LoginFacts, State } from '../state.js'
import { isStoreAway, plain, storedLogin, verificationOf } from './copies.js'
import { outOfHelp, renewal, restoring, signIn } from './helping.js'

/** The client refreshes by itself this long before the end (2.1.197 and 2.1.330), or after a 401. */
const clientRefreshMs = 5 * 60_000

/** The next step where the file holds no login: missing, blanked, or unreadable. */
export function withoutLogin(
  state: State,
  file: Exclude<FileFacts, { kind: 'login' | 'closed' }>,
  nowMs: number,
): Decision {
  if (state.store.kind === 'unasked') return plain({ do: 'read-store', because: file.kind })
  const stored = storedLogin(state)
  if (!stored) return nothingLeft(state, file, nowMs)
  if (file.kind === 'blank' && isRefusal(state, stored, file.blankedAtMs))
    return signIn(state, stored, 'grant-refused', nowMs)
  const since = file.kind === 'blank' ? file.blankedAtMs : 0
  const because = verificationOf(state, stored)?.kind === 'refused' ? 'refused' : 'expired'
  return (
    restoring(state, stored, file.kind, since, nowMs) ??
    renewal(state, stored, because, nowMs) ??
    outOfHelp(state, stored, nowMs)
  )
}

/**
 * Was the login blanked because the very grant that the store holds was refused? The client blanks
 * for nothing else, and asks only in the last five minutes or after a 401. A blank with neither
 * cause is a fault of somebody, and the stored login may be good.
 */
function isRefusal(state: State, stored: LoginFacts, blankedAtMs: number): boolean {
  const { held } = state
  if (!held?.inFile || held.refreshHash === null) return false
  if (stored.refreshHash !== held.refreshHash) return false
  const byClock = stored.expiresAtMs !== null && blankedAtMs >= stored.expiresAtMs - clientRefreshMs
  return byClock || verificationOf(state, stored)?.kind === 'refused'
}

function nothingLeft(state: State, file: FileFacts, nowMs: number): Decision {
  if (isStoreAway(state)) return plain({ do: 'launch', because: 'own-trouble' })
  if (file.kind === 'blank' && file.timeLimit)
    return plain({ do: 'sign-in', because: 'login-ended' })
  // The client blanks what we have found refused before: that is still the reason.
  if (file.kind === 'blank' && state.signInNeeded === 'grant-refused')
    return signIn(state, state.held, 'grant-refused', nowMs)
  return state.held === null && file.kind === 'missing'
    ? plain({ do: 'sign-in', because: 'never-signed-in' })
    : signIn(state, state.held, 'login-lost', nowMs)
}
