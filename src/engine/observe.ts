// Observing: gathers everything that a decision needs into one `State`, and decides nothing.

import { type Lineage, relation } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import { type LoginFile, readLoginFile, unreadLogin } from '../login/login-file.js'
import { hasMark } from '../login/login-text.js'
import type { TrackedLogin, Verified } from '../login/memory.js'
import {
  heldEndMs,
  isIncomplete,
  isOldCopy,
  lineageInFile,
  renewAtMs,
  trueEndMs,
} from '../login/tracked-login.js'
import { isRightIdentity } from '../policy/identity.js'
import {
  clientRefreshMs,
  type FileFacts,
  type KnownLogin,
  type State,
  type StoreFacts,
} from '../policy/state.js'
import { hourMs, minuteMs } from '../system/time.js'
import { isContested } from './copied-machine.js'
import { isForeign, longLivedFacts, mayBeUsedByOthers, readStore } from './read-store.js'
import type { Run } from './run.js'

/** How long a token lost in two unanswered requests is left alone. */
const doubtMs = hourMs

/** The facts, and the login file they were read from. */
export interface Observation {
  state: State
  file: LoginFile
  /** The lineage of the login in the file; null where it has none or there is none. */
  lineage: Lineage | null
}

/**
 * The facts at the beginning of a turn: the login file, put together with the memory and what the store said. An act
 * gets them as a parameter; what it has to know again after a wait it asks `reread`.
 */
export function observe(run: Run): Observation {
  return observationOf(run, rereadFile(run))
}

/** The facts inside an act, after it waited for a lock, an answer or the store: others may have changed the file. */
export function reread(run: Run): Observation {
  return observationOf(run, rereadFile(run))
}

/** The facts with what the store says among them; read again where that had to be waited for. */
export async function besideStore(run: Run, seen: Observation): Promise<Observation> {
  if (run.store === null || run.storeRead !== null) return seen
  await readStore(run)
  return reread(run)
}

/** The login file alone, as it is now. */
export function rereadFile({ owned, paths, person }: Run): LoginFile {
  return owned ? readLoginFile(paths.loginFile, person.uid) : unreadLogin
}

/** The observation of `file` with what `run` knows; no I/O. */
export function observationOf(run: Run, file: LoginFile): Observation {
  const { memory, config } = run
  const lineage = file.kind === 'login' ? lineageOf(run, file, file.login) : null
  const { held } = memory
  const state: State = {
    mode: config.mode === 'off' ? 'off' : 'on',
    owned: run.owned,
    otherCredential: run.otherCredential !== null,
    standIn: isStandIn(run, file),
    custody: config.custody,
    forced: run.forced,
    offline: run.offline,
    file: fileFacts(run, file, lineage),
    store: storeFacts(run, file, lineage),
    held: held && { ...held, renewAtMs: null },
    spent: [...memory.spent, ...superseded(held, memory.spent)],
    maybeSpent: doubts(run),
    backOff: memory.backOff,
    verification: verificationFacts(run, memory.verification),
    copyVerification: verificationFacts(run, memory.verifiedCopy),
    verifyEveryMs: config.renewal.verifyEveryMs,
    longLived: longLivedFacts(run),
    signedOut: memory.signedOut?.chain ?? null,
    signedOutElsewhere: memory.signedOut?.elsewhere === true,
    isShared: run.store?.isShared ?? false,
    isRemote: run.store?.isRemote ?? false,
    contestedHash: isContested(memory) ? (held?.refreshHash ?? null) : null,
    unattended: run.actor === 'timer',
    usedByOthers: mayBeUsedByOthers(run, file.kind === 'login' && file.login.refreshToken !== null),
    storedAccessHash: storedAccessHash(run),
    pending: memory.pending,
    signInNeeded: memory.signInNeeded?.because ?? null,
    tried: run.tried,
  }
  return { state, file, lineage }
}

function isStandIn({ standIn }: Run, file: LoginFile): boolean {
  return standIn !== null && (standIn.when === 'always' || file.kind !== 'login')
}

function verificationFacts({ config, memory, doubtedAtMs }: Run, verified: Verified | null) {
  if (verified === null) return null
  if (doubtedAtMs !== null && verified.atMs < doubtedAtMs) return null
  const rightIdentity = isRightIdentity(verified.identity, config.identity, memory.pinned)
  return { ...verified, rightIdentity }
}

/**
 * Tokens that the tracked one superseded: rotated away, as far as we know. Once that one is refused they are the last resort,
 * and posting them can do no harm.
 */
function superseded(held: TrackedLogin | null, spent: readonly string[]): string[] {
  const isDead = held?.refreshHash != null && spent.includes(held.refreshHash)
  return held === null || isDead ? [] : held.lineage.chain.slice(0, -1)
}

/** After an hour, or with `--force`, a token lost twice may be tried once more: the answer decides. */
function doubts({ memory, forced, now }: Run): State['maybeSpent'] {
  return memory.maybeSpent.map(({ hash, tries, atMs }) => {
    const isOver = forced || Math.abs(now() - atMs) >= doubtMs
    return { hash, tries: isOver ? Math.min(tries, 1) : tries }
  })
}

/** When the login was first seen: for one that we don't hold, the file's own time tells. */
function foundAtMs(run: Run, file: LoginFile): number {
  return Math.min(file.mtimeMs ?? run.now(), run.now())
}

/** Since when the store has this very login: a file that was copied or touched tells a later time. */
function storedSinceMs({ storeRead }: Run, { accessToken }: Login): number {
  const stored = storeRead?.kind === 'current' ? storeRead.stored : null
  const isSame = stored?.login?.accessToken === accessToken
  return (isSame ? stored.backedUpAtMs : null) ?? Number.POSITIVE_INFINITY
}

function lineageOf(run: Run, file: LoginFile, login: Login): Lineage | null {
  const { memory, signedIn } = run
  const { held, spent } = memory
  return lineageInFile(login, held, foundAtMs(run, file), run.nonce(), { signedIn, spent })
}

function fileFacts(run: Run, file: LoginFile, lineage: Lineage | null): FileFacts {
  if (file.kind === 'blank')
    return {
      kind: 'blank',
      blankedAtMs: foundAtMs(run, file),
      timeLimit: file.loginEnded === 'time_limit',
    }
  if (file.kind !== 'login') return { kind: file.kind }
  const { held } = run.memory
  const login = knownLogin(
    run,
    file.login,
    Math.min(foundAtMs(run, file), storedSinceMs(run, file.login)),
  )
  const at =
    login.refreshHash === null ? -1 : (held?.lineage.chain.indexOf(login.refreshHash) ?? -1)
  const isPast = at >= 0 && login.refreshHash !== held?.refreshHash
  return {
    kind: 'login',
    login,
    incomplete: isIncomplete(file.login, held) && isOfLineage(run, file.login, lineage),
    marked: file.bytes !== null && hasMark(file.bytes),
    past: isPast || isOldCopy(file.login, held, run.now()),
  }
}

/** Only the same lineage's fields may be filled in: a stranger's login stays as it is. */
function isOfLineage({ memory, config }: Run, login: Login, lineage: Lineage | null): boolean {
  const { held, verification, pinned } = memory
  if (held === null) return false
  if (held.accessHash === tokenHash(login.accessToken)) return true
  const isVerified = verification?.accessHash === tokenHash(login.accessToken)
  const isRight = isVerified && isRightIdentity(verification.identity, config.identity, pinned)
  return isRight && lineage !== null && lineage.id === held.lineage.id
}

/** What the store said in this run counts more than what it was last known to hold. */
export function storedAccessHash({ storeRead, memory }: Run): string | null {
  if (storeRead?.kind === 'empty') return null
  if (storeRead?.kind === 'current' && storeRead.isCached)
    return storeRead.away === null ? null : (memory.stored?.accessHash ?? null)
  const stored = storeRead?.kind === 'current' ? storeRead.stored.login : null
  return stored ? tokenHash(stored.accessToken) : (memory.stored?.accessHash ?? null)
}

/** The store's copy beside the login in `file`; `lineage` is that login's. */
export function storeFacts(run: Run, file: LoginFile, lineage: Lineage | null): StoreFacts {
  const { storeRead } = run
  if (run.store === null) return { kind: 'none' }
  if (storeRead === null) return { kind: 'unasked' }
  if (storeRead.kind !== 'current') return { kind: storeRead.kind }
  const { stored } = storeRead
  const away = storeRead.away !== null
  if (stored.login === null || stored.signedOutAtMs !== null)
    return { kind: 'current', login: null, newer: false, away }
  const login = knownLogin(run, stored.login, stored.backedUpAtMs ?? run.now())
  const mine = file.kind === 'login' ? file.login : null
  const newer = mine !== null && isNewer(stored, mine, lineage) && !isForeign(run, stored)
  return { kind: 'current', login, away, newer }
}

/** By lineage; by time only where one of the two has none. */
function isNewer(
  stored: { login: Login | null; lineage: Lineage | null },
  mine: Login,
  lineage: Lineage | null,
): boolean {
  if (stored.login === null || stored.login.accessToken === mine.accessToken) return false
  if (lineage === null || stored.lineage === null)
    return (stored.login.expiresAtMs ?? 0) > (mine.expiresAtMs ?? 0)
  const related = relation(lineage, stored.lineage)
  return related === 'unrelated'
    ? stored.lineage.signedInAtMs > lineage.signedInAtMs
    : related === 'theirs-newer'
}

const clockSlackMs = minuteMs

/** `seenAtMs`: since when it is there, where we don't hold it ourselves (epoch milliseconds). */
export function knownLogin(run: Run, login: Login, seenAtMs: number): KnownLogin {
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
    renewAtMs: isAhead ? 0 : dueAtMs(run, { ...login, expiresAtMs }, since),
  }
}

/** With no document to announce it in, a token that a copy of this machine may hold too is not renewed before a client would. */
function dueAtMs(
  { memory, store, config }: Run,
  login: Pick<Login, 'accessToken' | 'refreshToken' | 'expiresAtMs'>,
  since: { sinceMs: number; issuedToUs: boolean },
): number | null {
  const { expiresAtMs, accessToken } = login
  const isOurs = memory.held?.accessHash === tokenHash(accessToken)
  if (isOurs && expiresAtMs !== null && isContested(memory) && !store?.isRemote)
    return expiresAtMs - clientRefreshMs
  return renewAtMs(login, since, config.renewal)
}
