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
  const isRenewed = engine.prospect.kind === 'renewed' || engine.prospect.kind === 'restored'
  if (isRenewed) return found('warn', serverWords.refused, { do: 'ensure' })
  return found(decision.do === 'sign-in' ? 'note' : 'warn', serverWords.refusedAlone)
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

/** How long the access token lasts, and what becomes of it then. */
export function token({ login, engine }: Both): Finding | null {
  const { seen, prospect, server, nowMs } = engine
  const { file } = seen.state
  if (file.kind !== 'login') return null
  const { expiresAtMs } = file.login
  if (expiresAtMs === null)
    return isLongLivedShape(file.login) && prospect.kind === 'lasting'
      ? ok(tokenWords.lasting)
      : null
  if (expiresAtMs > nowMs) {
    if (server?.kind === 'refused') return found('note', tokenWords.refused(expiresAtMs, nowMs))
    return ok(tokenWords.good(expiresAtMs, nowMs, prospect))
  }
  const isFailing = server?.kind === 'no-answer' || login.run.memory.backOff !== null
  const isRenewed = prospect.kind === 'renewed' || prospect.kind === 'restored'
  // The checks of server and renewal say why.
  // What `--fix` opens can be renewed after that.
  const mend = login.closed?.why === 'mode' ? [{ do: 'ensure' } as const] : []
  if (!isRenewed || isFailing)
    return found('note', tokenWords.ended(expiresAtMs, nowMs, isRenewed ? null : prospect), ...mend)
  return found('warn', tokenWords.endedDue(expiresAtMs, nowMs), { do: 'ensure' })
}

/** How long the sign-in lasts; of one that is over for another reason its date says nothing. */
export function loginEnd({ login, engine }: Both): Finding | null {
  const { seen, decision, nowMs } = engine
  const { run } = login
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'login-ended') return found('fail', loginEndWords.over(command))
  if (seen.state.file.kind !== 'login' || decision.do === 'sign-in') return null
  const endMs = endsAtMs(run, seen)
  if (endMs === null) return ok(loginEndWords.unknown)
  if (endMs <= nowMs) return found('warn', loginEndWords.passed(endMs, nowMs, command))
  const near = loginEndsCondition(endMs, run.config.alerts.beforeLoginEndsMs, nowMs)
  return near
    ? found('warn', loginEndWords.near(endMs, nowMs, command))
    : ok(loginEndWords.far(endMs, nowMs))
}

/** What stands in the way of the next renewal. */
export function renewal({ login, engine }: Both): Finding | null {
  const { seen, decision, prospect, nowMs } = engine
  const { file, maybeSpent } = seen.state
  if (file.kind !== 'login' || isLongLivedShape(file.login) || prospect.kind === 'left') return null
  // The store's own check says so.
  if (isRenewalLost(login.run, seen.state)) return null
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'grant-refused') return found('fail', renewalWords.refused(command))
  if (decision.because === 'login-lost') return found('fail', renewalWords.lost(command))
  // Whose login it is, and that its time is over, are told by checks of their own.
  if (prospect.kind === 'sign-in') return null
  const { backOff, held } = login.run.memory
  const current = file.login.refreshHash ?? held?.refreshHash
  const isDoubtful = maybeSpent.some(({ hash }) => hash === current)
  if (prospect.kind === 'ends')
    return prospect.because === 'login-ended'
      ? null
      : found('warn', renewalWords.ends(prospect.because, command))
  // What can't be written has a check of its own.
  if (engine.hindrance !== null && login.closed === null)
    return found('warn', renewalWords.hinderedBy(engine.hindrance))
  if (prospect.kind === 'hindered' && prospect.because !== 'no-answer')
    return found('note', renewalWords.hindered[prospect.because])
  if (backOff !== null)
    return found('warn', renewalWords.failing(backOff.failures, backOff.nextTryAtMs, nowMs), {
      do: 'ensure',
    })
  return isDoubtful || prospect.kind === 'hindered'
    ? found('warn', renewalWords.doubtful, { do: 'ensure' })
    : ok(renewalWords.good)
}
