// The facts of one login, in the file or in the store: hashes and times in the place of tokens.

import { renewAtMs } from '../login/held.js'
import { type Login, tokenHash } from '../login/login.js'
import type { Run } from '../run.js'
import type { LoginFacts } from '../state.js'

const clockSlackMs = 60_000

/** `seenAtMs`: since when it is there, where we don't hold it ourselves (epoch milliseconds). */
export function loginFacts(run: Run, login: Login, seenAtMs: number): LoginFacts {
  const { held } = run.memory
  const accessHash = tokenHash(login.accessToken)
  const isOurs = held?.accessHash === accessHash
  const since = isOurs
    ? { sinceMs: held.sinceMs, issuedToUs: held.renewedAtMs !== null }
    : { sinceMs: seenAtMs, issuedToUs: false }
  const expiresAtMs = login.expiresAtMs ?? (isOurs ? held.expiresAtMs : null)
  return {
    accessHash,
    refreshHash: login.refreshToken === null ? null : tokenHash(login.refreshToken),
    expiresAtMs,
    loginEndsAtMs: login.loginEndsAtMs ?? (isOurs ? held.loginEndsAtMs : null),
    // Held since a time to come: the clock was set back, and no age can be trusted.
    renewAtMs:
      since.sinceMs > run.now() + clockSlackMs
        ? 0
        : renewAtMs({ ...login, expiresAtMs }, since, run.config.renewal),
  }
}
