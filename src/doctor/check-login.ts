// Checks of the login: the file as it lies there, what the server says, and how long it lasts.

import { isConfigured } from '../identity.js'
import { fileWords } from '../report/doctor-login-text.js'
import {
  identityWords,
  loginEndWords,
  renewalWords,
  serverWords,
  tokenWords,
} from '../report/doctor-token-text.js'
import { loginEndsCondition } from '../report/early-warning.js'
import { isSignInReason } from '../report/reason-words.js'
import { expectedEmail } from '../steps/expected-email.js'
import { isLongLivedShape, signInCommand } from '../steps/long-lived-facts.js'
import { endsAtMs } from '../steps/outcome-of.js'
import { type Finding, found, ok } from './check.js'
import type { EngineFacts } from './facts-engine.js'
import type { LoginFacts } from './facts-login.js'

type Both = { login: LoginFacts; engine: EngineFacts }

/** Is there a login, whole and usable? */
export function loginFile({ login, engine }: Both): Finding {
  const { seen, decision, nowMs } = engine
  const { file } = seen
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'signed-out')
    return found('fail', fileWords.signIn('signed-out', command))
  if (file.kind === 'login') {
    if (login.hasComments) return found('fail', fileWords.comments(login.place.paths.loginFile))
    return ok(fileWords.good(login.isLink))
  }
  // The check of the sign-in's end tells why.
  if (decision.because === 'login-ended')
    return found('note', { message: fileWords.ended, hint: null })
  if (decision.do === 'sign-in' && isSignInReason(decision.because))
    return found('fail', fileWords.signIn(decision.because, command))
  const what = file.kind === 'unreadable' ? fileWords.unreadable(file.what) : fileWords[file.kind]
  const isHealed = decision.do === 'restore' || decision.do === 'renew'
  return isHealed
    ? found('warn', fileWords.healed(what), { do: 'ensure' })
    : found('fail', fileWords.lost(what, command))
}

/** Owner and mode of the login file. */
export function loginMode({ file, place }: LoginFacts): Finding | null {
  if (file === null) return null
  const { path, uid, mode } = file
  if (uid !== place.person.uid) return found('fail', fileWords.foreign(path, uid))
  if ((mode & 0o077) === 0) return ok(fileWords.private)
  return found('warn', fileWords.open(path, octal(mode)), { do: 'chmod', path, mode: 0o600 })
}

/** The folders above it, as OpenSSH judges them. */
export function loginPlace({ unsafe, place }: LoginFacts): Finding {
  if (unsafe === null) return ok(fileWords.place)
  const { path, uid, mode, why } = unsafe
  const isYours = uid === place.person.uid
  const words = fileWords.unsafe(path, why, isYours)
  if (!isYours) return found('warn', words)
  return found('warn', words, { do: 'chmod', path, mode: mode & ~0o022 })
}

/** What a faulty refresh dropped. */
export function loginFields({ engine }: Both): Finding | null {
  const { state } = engine.seen
  if (state.file.kind !== 'login') return null
  const { incomplete, login } = state.file
  if (incomplete) return found('warn', fileWords.incomplete, { do: 'ensure' })
  if (login.expiresAtMs === null && login.refreshHash !== null)
    return found('warn', fileWords.endless, { do: 'ensure' })
  return ok(fileWords.complete)
}

export function privateFiles({ open }: LoginFacts): Finding {
  if (open.length === 0) return ok(fileWords.closedOurs)
  const fixes = open.map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & 0o700 }) as const)
  return found('warn', fileWords.openOurs(open.map(({ path }) => path)), ...fixes)
}

/** An answer that an earlier run left behind. */
export function answer({ answer }: LoginFacts): Finding | null {
  if (answer === 'none') return null
  const words = answer === 'answered' ? fileWords.answer : fileWords.cutOff
  return found('warn', words, { do: 'ensure' })
}

/** Does the login do less than it did? */
export function scope({ run }: LoginFacts): Finding | null {
  return run.memory.narrower ? found('warn', fileWords.narrower) : null
}

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
    const expected = expectedEmail(run.config, run.memory, run.paths.clientConfig)
    return found('fail', identityWords.wrong(verification?.identity?.email ?? null, expected))
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
  if (expiresAtMs > nowMs)
    return ok(tokenWords.good(expiresAtMs, nowMs, renewAtMs !== null && renewAtMs <= nowMs))
  if (decision.do === 'sign-in') return found('note', tokenWords.endedDead(expiresAtMs, nowMs))
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
  if (file.kind !== 'login' || isLongLivedShape(file.login)) return null
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'grant-refused') return found('fail', renewalWords.refused(command))
  if (decision.because === 'login-lost') return found('fail', renewalWords.lost(command))
  const { backOff, held } = login.run.memory
  if (backOff !== null)
    return found('warn', renewalWords.failing(backOff.failures, backOff.nextTryAtMs, nowMs), {
      do: 'ensure',
    })
  const current = file.login.refreshHash ?? held?.refreshHash
  const isDoubtful = maybeSpent.some(({ hash }) => hash === current)
  return isDoubtful ? found('warn', renewalWords.doubtful, { do: 'ensure' }) : ok(renewalWords.good)
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0')
}
