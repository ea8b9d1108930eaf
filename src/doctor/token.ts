// Checks of what the login is worth: what the server says of it, whose it is, how long it lasts, and whether it can be renewed.

import { loginEndsCondition } from '../alerts/condition.js'
import { wrongIdentity } from '../alerts/sign-in-words.js'
import { endsAtMs, isOtherAccount } from '../engine/outcome.js'
import { isRenewalLost } from '../engine/read-store.js'
import { expectedEmail } from '../engine/verify.js'
import { isConfigured } from '../policy/identity.js'
import { isLongLivedShape, signInCommand } from '../policy/long-lived.js'
import type { Prospect, SignInReason } from '../policy/outcome.js'
import { reasonWords } from '../policy/outcome.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { agoWords, dateTimeWords, spanWords } from '../text/durations.js'
import { type Finding, found, ok, pasted, shown, troubleWords, words } from './check.js'
import type { Both } from './login.js'

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
  // A file that `--fix` opens can be renewed after that.
  const fixes = login.closed?.why === 'mode' ? [{ do: 'ensure' } as const] : []
  if (!isRenewed || isFailing)
    return found(
      'note',
      tokenWords.ended(expiresAtMs, nowMs, isRenewed ? null : prospect),
      ...fixes,
    )
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

/** What prevents the next renewal. */
export function renewal({ login, engine }: Both): Finding | null {
  const { seen, decision, prospect, nowMs } = engine
  const { file, maybeSpent } = seen.state
  if (file.kind !== 'login' || isLongLivedShape(file.login) || prospect.kind === 'left') return null
  // The store's own check says so.
  if (isRenewalLost(login.run, seen.state)) return null
  const command = signInCommand(seen.state, nowMs)
  if (decision.because === 'grant-refused') return found('fail', renewalWords.refused(command))
  if (decision.because === 'login-lost') return found('fail', renewalWords.lost(command))
  // Identity and expiry have checks of their own.
  if (prospect.kind === 'sign-in') return null
  const { backOff, held } = login.run.memory
  const current = file.login.refreshHash ?? held?.refreshHash
  const isDoubtful = maybeSpent.some(({ hash }) => hash === current)
  if (prospect.kind === 'ends')
    return prospect.because === 'login-ended'
      ? null
      : found('warn', renewalWords.ends(prospect.because, command))
  // A file that can't be written has a check of its own.
  if (engine.hindrance !== null && login.closed === null)
    return found('warn', renewalWords.hinderedBy(engine.hindrance))
  if (prospect.kind === 'hindered' && prospect.because !== 'no-answer')
    return found('note', renewalWords.hindered[prospect.because])
  if (backOff !== null)
    return found('warn', renewalWords.failing(backOff.failures, backOff.nextTryAtMs, nowMs), {
      do: 'ensure',
    })
  if (prospect.kind === 'renewed' && prospect.isLate)
    return found('note', renewalWords.copied(command))
  return isDoubtful || prospect.kind === 'hindered'
    ? found('warn', renewalWords.doubtful, { do: 'ensure' })
    : ok(renewalWords.good)
}

const atNextLaunch = 'the next launch'

const serverWords = {
  accepted: (email: string | null, organization: string | null) => {
    const of = organization === null ? '' : ` of ${clean(organization, 60)}`
    return `The server accepts it: ${clean(email ?? 'an account without e-mail', 80)}${of}.`
  },
  refused: words(
    `The server refuses this token before it expires; ${atNextLaunch} renews it.`,
    'claude-auth ensure --force',
  ),
  refusedAlone: words('The server refuses this token before it expires.'),
  silent: (what: string) =>
    words(`The server gave no answer (${clean(what, 100)}).`, 'claude-auth doctor --only network'),
  answers: 'The server answers.',
  notAsked: (atMs: number | null, nowMs: number) =>
    words(
      atMs === null
        ? 'The server was not asked (--offline).'
        : `The server was not asked (--offline); it accepted the login ${agoWords(atMs, nowMs)}.`,
    ),
  longLived: 'The server cannot be asked whose a long-lived token is.',
}

const identityWords = {
  right: "It is this user's own account.",
  unknown: words('The server has not been asked yet whose login this is.'),
  pinned: (email: string | null) =>
    words(
      `No identity is configured; ${clean(email ?? 'the account', 80)}, the first account seen, is assumed to be yours.`,
    ),
  unpinned: words('No identity is configured; the first account seen is assumed to be yours.'),
  wrong: (facts: Parameters<typeof wrongIdentity>[0]) => {
    const [[found], [wanted]] = wrongIdentity(facts, '', '')
    return words(`${found} ${wanted}`, 'claude-auth login')
  },
}

const tokenWords = {
  good: (endMs: number, nowMs: number, prospect: Prospect) =>
    `The token is good for ${spanWords(endMs, nowMs)}, until ${dateTimeWords(endMs, nowMs)}; ${becomes(prospect)}.`,
  /** No promise: what is done about it, the check of the server says. */
  refused: (endMs: number, nowMs: number) =>
    words(`The token was valid until ${dateTimeWords(endMs, nowMs)}, but the server refuses it.`),
  lasting: 'A long-lived token needs no renewal.',
  endedDue: (endMs: number, nowMs: number) =>
    words(
      `The token expired ${agoWords(endMs, nowMs)}; ${atNextLaunch} renews it.`,
      'claude-auth ensure --force',
    ),
  /** Null: it is to be renewed, and that has failed so far. */
  ended: (endMs: number, nowMs: number, prospect: Prospect | null) => {
    const ended = `The token expired ${agoWords(endMs, nowMs)}`
    if (prospect === null)
      return words(`${ended}; it is renewed when the server answers.`, 'claude-auth ensure --force')
    return prospect.kind === 'sign-in'
      ? words(`${ended}.`)
      : words(`${ended}; ${becomes(prospect)}.`)
  },
}

function becomes(prospect: Prospect): string {
  switch (prospect.kind) {
    case 'renewed':
      if (prospect.isLate && !prospect.isDue) return 'a launch in its last 5 minutes renews it'
      return prospect.isDue ? `${atNextLaunch} renews it` : 'it renews by itself'
    case 'restored':
      return `${atNextLaunch} restores the login`
    case 'hindered':
      if (prospect.because === 'no-answer') return 'its renewal is tried again later'
      return 'it cannot be renewed at present'
    case 'left':
      return 'claude-auth does not renew it'
    case 'lasting':
      return 'it needs no renewal'
    default:
      return 'it cannot be renewed'
  }
}

const loginEndWords = {
  unknown: 'When the sign-in ends is not known here (only newer clients note it).',
  far: (endMs: number, nowMs: number) =>
    `The sign-in ends in ${spanWords(endMs, nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
  near: (endMs: number, nowMs: number, command: string) =>
    words(
      `The sign-in ends in ${spanWords(endMs, nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
      command,
    ),
  passed: (endMs: number, nowMs: number, command: string) =>
    words(
      `The sign-in was valid until ${dateTimeWords(endMs, nowMs)}; Claude works until its token expires.`,
      command,
    ),
  over: (command: string) => words('The sign-in has ended.', command),
}

const renewalWords = {
  ends: (because: SignInReason, command: string) =>
    words(
      `The login works until its token expires and cannot be renewed: ${reasonWords[because]}.`,
      command,
    ),
  hindered: {
    store: words('No renewal is possible until the store answers.'),
    here: words('No renewal is possible: the new login could not be saved.'),
  },
  hinderedBy: (trouble: Trouble) => troubleWords(trouble, 'The login cannot be renewed here'),
  copied: (command: string) =>
    words(
      'This machine may be a copy of another (or the other of this one) and share its sign-in; once, only a launch in the last 5 minutes of the token renews it. Where both are in use, sign in here again.',
      command,
    ),
  good: 'Nothing prevents the next renewal.',
  refused: (command: string) => words('The server no longer accepts the sign-in.', command),
  lost: (command: string) =>
    words('The login cannot be renewed, and no copy can be used.', command),
  failing: (count: number, nextMs: number, nowMs: number) => {
    const times = count === 1 ? 'The last renewal' : `The last ${count} renewals`
    const next = nextMs > nowMs ? ` in ${spanWords(nextMs, nowMs)}` : ' at the next launch'
    return words(`${times} got no answer; it is tried again${next}.`, 'claude-auth ensure --force')
  },
  doubtful: words(
    'The answer to the last renewal was lost: the refresh token may be spent.',
    'claude-auth ensure --force',
  ),
}

export const custodyWords = {
  shared: 'Custody is shared: the refresh token is in the login file, as Claude wrote it.',
  sole: 'Custody is sole: the refresh token is sealed, and not in the login file.',
  plain: (file: string) =>
    words(
      `Custody is sole, but a refresh token is in plain text in ${shown(file)}.`,
      'claude-auth ensure --force',
    ),
  unserved: (trouble: Trouble) =>
    troubleWords(
      trouble,
      'Custody is sole, but the refresh token stays in the login file, as nothing could renew it',
    ),
  copies: (files: string[]) =>
    words(
      `Custody is sole, but copies hold a refresh token in plain text: ${files.map(shown).join(', ')}.`,
      `rm ${files.map(pasted).join(' ')}`,
    ),
  alone: words(
    'Custody is sole, and neither wrapper, hooks nor timer are installed to renew the login.',
    'claude-auth install',
  ),
}
