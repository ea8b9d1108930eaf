// Checks of what keeps the login safe: custody, the store and the copy in it.

import { isRenewalLost } from '../engine/read-store.js'
import { isLongLivedShape, signInCommand } from '../policy/long-lived.js'
import type { Store, StoreTrouble } from '../store/store.js'
import { whyNoneStarts } from '../system/program-places.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { agoWords, spanWords } from '../text/durations.js'
import { troubleSentence } from '../text/trouble.js'
import { causeOf, type Finding, found, ok, troubleWords, type Words, words } from './check.js'
import type { ClientFacts } from './client.js'
import type { EngineFacts } from './engine-facts.js'
import type { LoginFacts } from './login-facts.js'
import type { ShellFacts } from './shell-facts.js'
import type { TimerFacts } from './timer.js'
import { custodyWords } from './token.js'
import type { VaultAccess } from './vault.js'

type Both = { login: LoginFacts; engine: EngineFacts }

/** Is the refresh token where the configuration wants it? */
export function custody({ login }: { login: LoginFacts }): Finding | null {
  const { file } = login.seen.state
  if (file.kind !== 'login' || isLongLivedShape(file.login)) return null
  if (login.run.config.custody === 'shared') return ok(custodyWords.shared)
  if (file.login.refreshHash !== null) {
    const why = whyNoneStarts(login.place.person.home, login.run.env)
    if (why !== null) return found('warn', custodyWords.unserved(why))
    return found('warn', custodyWords.plain(login.place.paths.loginFile), { do: 'ensure' })
  }
  return login.plainCopies.length === 0
    ? ok(custodyWords.sole)
    : found('warn', custodyWords.copies(login.plainCopies))
}

/** In sole custody only claude-auth renews: its wrapper, timer or hooks must be in place. */
export function renewers(facts: {
  login: LoginFacts
  client: ClientFacts
  shells: ShellFacts
  timer: TimerFacts
}): Finding | null {
  const { login, client, shells, timer } = facts
  if (login.run.config.custody !== 'sole' || login.run.config.mode === 'off') return null
  const isWrapped =
    shells.link.kind === 'wrapper' ||
    Object.values(shells.shells).some(each => each.interactive.kind === 'wrapper')
  const isTimed = timer.timers.some(({ isActive }) => isActive) || timer.loop !== null
  if (isWrapped || isTimed || client.hooks.length > 0) return null
  return found('warn', custodyWords.alone)
}

/** Can the store be used? */
export function store({ login, engine }: Both, vault: VaultAccess | null): Finding | null {
  const { run } = login
  if (!login.place.owned) return null
  if (run.store === null) return found('note', storeWords.none)
  // The token's own check says what is wrong with it.
  if (vault?.trouble) return null
  const lost = localTrouble(login, engine)
  if (lost !== null) return lost
  const trouble = troubleOf(engine)
  if (trouble !== null)
    return run.offline && run.store.isRemote
      ? found('note', storeWords.notAsked(run.store))
      : found(trouble.kind === 'denied' ? 'fail' : 'warn', troubleWords(trouble.trouble))
  if (engine.store?.kind === 'empty' && engine.store.damaged !== undefined)
    return found('fail', troubleWords(engine.store.damaged))
  if (engine.store?.kind === 'current' && engine.store.damaged !== undefined)
    return engine.isToBeBackedUp
      ? found('warn', storeWords.writtenAgain(engine.store.damaged), { do: 'ensure' })
      : found('warn', troubleWords(engine.store.damaged))
  return ok(storeWords.opens(run.store))
}

/** The sealed store does not open with our own key: the file's login is stored again; what only the store had is lost. */
function localTrouble({ run }: LoginFacts, { store, seen }: EngineFacts): Finding | null {
  const isOwnKey = run.store?.isRemote === false && run.config.local.keyFile === null
  const trouble =
    store?.kind === 'empty' ? store.damaged : store?.kind === 'denied' && store.trouble
  const { file } = seen.state
  if (!isOwnKey || !trouble || file.kind !== 'login' || isLongLivedShape(file.login)) return null
  return isRenewalLost(run, seen.state)
    ? found('fail', storeWords.renewalLost(trouble))
    : found('fail', storeWords.storedAnew(trouble), { do: 'ensure' })
}

/** Does the store hold this very login, and would that help? */
export function backup({ login, engine }: Both): Finding | null {
  const { run } = login
  const { store, seen, decision, nowMs } = engine
  const { file, storedAccessHash } = seen.state
  if (run.store === null || store === null) return null
  const { pending } = run.memory
  const isUsed = file.kind === 'login' && !isLongLivedShape(file.login)
  if (isUsed && decision.because === 'wrong-identity') return found('note', storeWords.foreign)
  if (isUsed && decision.do === 'sign-in')
    return found(
      'note',
      storeWords.useless(store.kind === 'current' && store.stored.login !== null),
    )
  const fixes = engine.isToBeBackedUp ? [{ do: 'ensure' } as const] : []
  if (pending !== null && isUsed)
    return found('warn', storeWords.pending(pending.sinceMs, pending.trouble, nowMs), ...fixes)
  if (!isUsed || troubleOf(engine) !== null) return null
  if (store.kind === 'empty')
    return store.damaged === undefined
      ? found('note', storeWords.empty(engine.isToBeBackedUp), ...fixes)
      : null
  if (store.kind !== 'current') return null
  if (storedAccessHash !== file.login.accessHash) {
    // Its refresh token went with the copy that does not open: the spare's own check says what to do.
    const isLost = store.fromPrevious !== undefined && file.login.refreshHash === null
    return isLost ? null : found('note', storeWords.behind(engine.isToBeBackedUp), ...fixes)
  }
  return ok(storeWords.current(run.store, store.stored.backedUpAtMs, nowMs))
}

/** The version before, which the sealed store keeps as a spare. */
export function previous({ engine, login }: Both): Finding | null {
  const { store, seen, nowMs } = engine
  const { file, storedAccessHash } = seen.state
  if (login.run.store === null || store?.kind !== 'current') return null
  // A copy of the same sign-in is no spare.
  if (engine.decision.do === 'sign-in' && store.fromPrevious === undefined) return null
  const { fromPrevious } = store
  if (fromPrevious === undefined)
    return ok(login.hasPrevious ? storeWords.previous : storeWords.noPrevious)
  if (file.kind === 'login' && storedAccessHash === file.login.accessHash)
    return found('note', storeWords.spareIsSame(fromPrevious))
  if (file.kind === 'login' && file.login.refreshHash === null)
    return found('warn', storeWords.spareIsOlder(fromPrevious, signInCommand(seen.state, nowMs)))
  return found('warn', storeWords.fromPrevious(fromPrevious), { do: 'ensure' })
}

/** Why the store, or the document behind the copy on this machine, could not be asked. */
function troubleOf({ store }: EngineFacts): StoreTrouble | null {
  if (store?.kind === 'unreachable' || store?.kind === 'denied') return store
  return store?.kind === 'current' ? store.away : null
}

const atNextLaunch = 'the next launch'

type Named = Pick<Store, 'isRemote' | 'label'>

const storeWords = {
  none: words('No copy is kept (store: none): a lost login means a sign-in.'),
  opens: ({ isRemote, label }: Named) =>
    isRemote ? `The document in ${label} can be read.` : 'The sealed local store opens.',
  notAsked: ({ label }: Named) =>
    words(`${label} was not asked (--offline); the sealed copy on this machine is used.`),
  storedAnew: (trouble: Trouble) =>
    words(`${causeOf(trouble)}; the login is stored again.`, 'claude-auth ensure --force'),
  writtenAgain: (trouble: Trouble) =>
    words(
      `${causeOf(trouble)}; ${atNextLaunch} writes it again from the sealed copy.`,
      'claude-auth ensure --force',
    ),
  foreign: words('The login in the file is not the expected one, and is never stored.'),
  renewalLost: (trouble: Trouble) =>
    words(
      `${causeOf(trouble)}: the login works until its token expires, and cannot be renewed.`,
      'claude-auth login',
    ),
  current: ({ isRemote, label }: Named, atMs: number | null, nowMs: number) => {
    const where = isRemote ? ` in ${label}` : ''
    return `The login is backed up${where}${atMs === null ? '' : ` (${agoWords(atMs, nowMs)})`}.`
  },
  useless: (isStored: boolean) =>
    words(
      isStored ? 'The stored copy does not help: only a new sign-in does.' : 'No copy is stored.',
    ),
  behind: (isStoredNext: boolean) =>
    storedNext('The copy in the store is of another login', 'stores it', isStoredNext),
  empty: (isStoredNext: boolean) => storedNext('No copy is stored yet', 'stores one', isStoredNext),
  pending: (sinceMs: number, trouble: Trouble, nowMs: number) =>
    words(
      `Not backed up for ${spanWords(sinceMs, nowMs)}: ${clean(troubleSentence(trouble), 300)}.`,
      'claude-auth ensure --force',
    ),
  previous: 'The previous version is kept as a spare.',
  noPrevious: 'There is no previous version yet.',
  fromPrevious: (trouble: Trouble) =>
    words(
      `${clean(troubleSentence(trouble), 300)}; the previous version is used.`,
      'claude-auth ensure --force',
    ),
  spareIsSame: (trouble: Trouble) =>
    words(
      `${clean(troubleSentence(trouble), 300)}; the previous version holds this login too, and is used.`,
    ),
  spareIsOlder: (trouble: Trouble, command: string) =>
    words(
      `${clean(troubleSentence(trouble), 300)}; the previous version is of an earlier sign-in.`,
      command,
    ),
}

function storedNext(what: string, deed: string, isStoredNext: boolean): Words {
  return isStoredNext
    ? words(`${what}; ${atNextLaunch} ${deed}.`, 'claude-auth ensure --force')
    : words(`${what}.`)
}
