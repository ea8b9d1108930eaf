// The facts of one login, in the file or in the store: hashes and times in the place of tokens.

import { type Login, tokenHash } from '../login/login.js'
import { heldEndMs, renewAtMs, trueEndMs } from '../login/tracked-login.js'
import type { LoginFacts } from '../policy/state.js'
import type { Run } from './run.js'

const clockSlackMs = 60_000

/** `seenAtMs`: since when it is there, where we don't hold it ourselves (epoch milliseconds). */
export function loginFacts(run: Run, login: Login, seenAtMs: number): LoginFacts {
  const { held } = run.memory
  const accessHash = tokenHash(login.accessToken)
  const isOurs = held?.accessHash === accessHash
  const since = isOurs
    ? { sinceMs: held.sinceMs, issuedToUs: held.renewedAtMs !== null }
    : { sinceMs: seenAtMs, issuedToUs: false }
  // Held since a time to come: the clock was set back, and neither age nor end can be trusted.
  const isAhead = since.sinceMs > run.now() + clockSlackMs
  const { endMs: expiresAtMs, isKnown } = isAhead
    ? trueEndMs(login.expiresAtMs, { sinceMs: run.now(), issuedToUs: false }, run.now())
    : isOurs
      ? heldEndMs(login, held, run.now())
      : trueEndMs(login.expiresAtMs, since, run.now())
  return {
    accessHash,
    refreshHash: login.refreshToken === null ? null : tokenHash(login.refreshToken),
    expiresAtMs,
    ...(isKnown ? {} : { isEndGuessed: true as const }),
    loginEndsAtMs: login.loginEndsAtMs ?? (isOurs ? held.loginEndsAtMs : null),
    renewAtMs: isAhead ? 0 : renewAtMs({ ...login, expiresAtMs }, since, run.config.renewal),
  }
}
