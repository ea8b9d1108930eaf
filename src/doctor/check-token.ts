// Checks of what the login is worth: what the server says of it, whose it is, how long it lasts, and whether it can be renewed.

import { loginEndsCondition } from '../alerts/condition.js'
import { isConfigured } from '../identity.js'
import {
  identityWords,
  loginEndWords,
  renewalWords,
  serverWords,
  tokenWords,
} from '../report/doctor-token-text.js'
import { expectedEmail } from '../steps/expected-email.js'
import { isLongLivedShape, signInCommand } from '../steps/long-lived-facts.js'
import { endsAtMs, isOtherAccount } from '../steps/outcome-of.js'
import { isRenewalLost } from '../steps/store-trouble.js'
import { type Finding, found, ok } from './check.js'
import type { Both } from './check-login.js'
import type { LoginFacts } from './facts-login.js'

/** The server's verdict, and whose login it is. */
export function server({ login, engine }: Both): Finding | null {
  const { server, seen, decision, nowMs } = engine
  const { file } = seen.state
  if (file.kind !== 'login' || !login.place.owned) return null
  if (isLongLivedShape(file.login)) return ok(serverWords.longLived)
  if (server === null) {
    const known = login.run.memory.verification
    const isAbout = known?.kind === 'accepted' && known.accessHash === file.login.accessHash
    return found('note', serverWords.notAsked(isAbout ? known.atMs : null, nowMs))
  }
  if (server.kind === 'no-answer') return found('warn', serverWords.silent(server.what))
  if (server.kind === 'accepted')
    return ok(serverWords.accepted(server.identity?.email ?? null, server.organization))
  const hasEnded = file.login.expiresAtMs !== null && file.login.expiresAtMs <= nowMs
  if (hasEnded) return ok(serverWords.answers)
  // That nothing can be done about it is said once, by what a person has to do.
  if (decision.do === 'sign-in') return found('note', serverWords.refusedDead)
  return found('warn', serverWords.refused, { do: 'ensure' })
}

/** Against the configuration or roster, else the account pinned at first use. */
export function identity({ login, engine }: Both): Finding | null {
  const { run } = login
  const { seen, decision } = engine
  const { verification, pinned } = run.memory
  const file = seen.state.file
  if (file.kind !== 'login' || isLongLivedShape(file.login)) return null
  if (decision.because === 'wrong-identity') {
    const { identity = null, organization = null } = verification ?? {}
    const email = expectedEmail(run.config, run.memory, run.paths.clientConfig)
    const facts = {
      expected: { email, organization: null },
      actual: { email: identity?.email ?? null, organization },
      otherAccount: isOtherAccount(run, identity),
    }
    return found('fail', identityWords.wrong(facts))
  }
  if (!isConfigured(run.config.identity))
    return found(
      'note',
      pinned === null ? identityWords.unpinned : identityWords.pinned(pinned.email),
    )
  const isKnown = verification?.accessHash === file.login.accessHash
  return isKnown ? ok(identityWords.right) : found('note', identityWords.unknown)
}

/** How long the access token lasts. */
export function token({ login, engine }: Both): Finding | null {
  const { seen, decision, server, nowMs } = engine
  const { file } = seen.state
  if (file.kind !== 'login') return null
  const { expiresAtMs, renewAtMs } = file.login
  if (expiresAtMs === null) return ok(tokenWords.lasting)
  const isDue = renewAtMs !== null && renewAtMs <= nowMs
  if (expiresAtMs > nowMs && engine.hindrance !== null)
    return found('note', tokenWords.goodOnly(expiresAtMs, nowMs))
  if (expiresAtMs > nowMs)
    return ok(
      isRenewing(login)
        ? tokenWords.good(expiresAtMs, nowMs, isDue)
        : tokenWords.goodOff(expiresAtMs, nowMs),
    )
  if (decision.do === 'sign-in') return found('note', tokenWords.endedDead(expiresAtMs, nowMs))
  if (!isRenewing(login)) return found('note', tokenWords.endedOff(expiresAtMs, nowMs))
  const isFailing = decision.because === 'no-answer' || login.run.memory.backOff !== null
  // The checks of server and renewal say why.
  if (server?.kind === 'no-answer' || isFailing)
    return found('note', tokenWords.endedSilent(expiresAtMs, nowMs))
  return found('warn', tokenWords.ended(expiresAtMs, nowMs), { do: 'ensure' })
}

/** How long the sign-in lasts. */
export function loginEnd({ login, engine }: Both): Finding | null {
  const { seen, decision, nowMs } = engine
  const { run } = login
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'login-ended') return found('fail', loginEndWords.over(command))
  if (seen.state.file.kind !== 'login') return null
  const endMs = endsAtMs(run, seen)
  if (endMs === null) return ok(loginEndWords.unknown)
  const near = loginEndsCondition(endMs, run.config.alerts.beforeLoginEndsMs, nowMs)
  return near
    ? found('warn', loginEndWords.near(endMs, nowMs, command))
    : ok(loginEndWords.far(endMs, nowMs))
}

/** What stands in the way of the next renewal. */
export function renewal({ login, engine }: Both): Finding | null {
  const { seen, decision, nowMs } = engine
  const { file, maybeSpent } = seen.state
  if (file.kind !== 'login' || isLongLivedShape(file.login) || !isRenewing(login)) return null
  // The store's own check says so.
  if (isRenewalLost(login.run, seen.state)) return null
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'grant-refused') return found('fail', renewalWords.refused(command))
  if (decision.because === 'login-lost') return found('fail', renewalWords.lost(command))
  // What can't be written has a check of its own.
  if (engine.hindrance !== null)
    return login.closed === null ? found('warn', renewalWords.hindered(engine.hindrance)) : null
  const { backOff, held } = login.run.memory
  if (backOff !== null)
    return found('warn', renewalWords.failing(backOff.failures, backOff.nextTryAtMs, nowMs), {
      do: 'ensure',
    })
  const current = file.login.refreshHash ?? held?.refreshHash
  const isDoubtful = maybeSpent.some(({ hash }) => hash === current)
  return isDoubtful ? found('warn', renewalWords.doubtful, { do: 'ensure' }) : ok(renewalWords.good)
}

/** Do we renew it? Not where we are switched off, only observe, or the login is somebody else's. */
function isRenewing({ run, place }: LoginFacts): boolean {
  return run.config.mode === 'on' && place.owned && run.otherCredential === null
}
