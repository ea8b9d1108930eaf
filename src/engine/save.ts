// Saving a login: into the login file in the form its custody wants, and into the sealed store; and taking its refresh token into
// custody.

import { reach } from '../anthropic/login-server.js'
import { storageWaitMs, withStorageLock } from '../login/client-locks.js'
import type { Lineage } from '../login/lineage.js'
import { type Login, tokenHash, withoutRefreshToken } from '../login/login.js'
import { closedLogin, type LoginFile, withLogin, writeLoginFile } from '../login/login-file.js'
import type { TrackedLogin } from '../login/memory.js'
import { trueEndMs } from '../login/tracked-login.js'
import type { Decision } from '../policy/state.js'
import type { StoredLogin } from '../store/document.js'
import type { StoreRead, StoreWrite } from '../store/store.js'
import { whyNoneStarts } from '../system/program-places.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { networkTrouble } from '../text/trouble.js'
import { moveAside, noteLost, sealUnreadable } from './keep-aside.js'
import { isLoggedOut } from './log-out.js'
import { besideStore, type Observation, reread, rereadFile } from './observe.js'
import { readStore } from './read-store.js'
import { commit, type Run } from './run.js'

/**
 * Puts `login` into the login file as it is. `mayReplace` is asked about the file as it stands under
 * the storage lock: false if it says no or a log-out is under way, and nothing is written. Throws
 * `login-closed` where we may not read what stands there. A login written after the log-out's mark would pass for a later sign-in.
 */
export async function saveToFile(
  run: Run,
  login: Login,
  mayReplace: (file: LoginFile) => boolean,
): Promise<boolean> {
  const isSealed = await sealUnreadable(run)
  return changeFile(run, file => {
    if (!mayReplace(file)) return null
    if (file.kind === 'unreadable') noteLost(run, file)
    if (file.kind === 'unreadable' && !isSealed) moveAside(run, file.what)
    return withLogin(file.bytes, login)
  })
}

/** Puts what `change` makes of the login file (null: nothing) in its place, as `saveToFile`. */
export async function changeFile(
  run: Run,
  change: (file: LoginFile) => Buffer | null,
): Promise<boolean> {
  return withStorageLock(run.locks, storageWaitMs, () => {
    const file = rereadFile(run)
    if (isLoggedOut(run, file)) return false
    if (file.kind === 'closed') throw closedLogin(file.closed)
    const bytes = change(file)
    if (bytes === null) return false
    writeLoginFile(run.paths.loginFile, bytes, run.nonce())
    return true
  })
}

/** Writes `login` to the store as the version after `expected`, and remembers that it is there. */
export async function saveToStore(
  run: Run,
  login: Login,
  lineage: Lineage,
  expected: number,
  because: string,
): Promise<StoreWrite | { kind: 'none' }> {
  if (run.store === null) return { kind: 'none' }
  const stored = storedLogin(run, login, lineage, because)
  const outcome = await run.store.write(stored, expected)
  if (outcome.kind !== 'written') return outcome
  commit(run, { learned: { storeRead: currentRead(stored, outcome.version) } })
  const accessHash = tokenHash(login.accessToken)
  commit(run, {
    memory: {
      stored: { version: outcome.version, accessHash, atMs: run.now() },
      pending: null,
    },
  })
  return outcome
}

/**
 * Makes `login` safe on this machine: in the store where that is here, else in the sealed copy of the
 * shared document, which is behind it then. False when that could not be written.
 */
export async function keepHere(
  run: Run,
  login: Login,
  lineage: Lineage,
  because: string,
): Promise<boolean> {
  if (run.store === null) return false
  if (run.store.keep === null) {
    const there = run.storeRead ?? (await readStore(run))
    if (there.kind !== 'current' && there.kind !== 'empty') return false
    return (await saveToStore(run, login, lineage, there.version, because)).kind === 'written'
  }
  const stored = storedLogin(run, login, lineage, because)
  if ((await run.store.keep(stored)).kind !== 'written') return false
  const { storeRead } = run
  const about = { version: 0, away: null, ...storeRead }
  if (storeRead?.kind === 'current' || storeRead?.kind === 'empty')
    commit(run, {
      learned: {
        storeRead: { ...currentRead(stored, about.version), away: about.away, isCached: true },
      },
    })
  return true
}

function currentRead(
  stored: StoredLogin,
  version: number,
): Extract<StoreRead, { kind: 'current' }> {
  return { kind: 'current', stored, version, ageMs: 0, isCached: false, away: null }
}

function storedLogin(run: Run, login: Login, lineage: Lineage, because: string): StoredLogin {
  const { memory, person, storeRead } = run
  const before = storeRead?.kind === 'current' ? storeRead.stored : null
  return {
    login,
    lineage,
    identity: memory.verification?.identity ?? null,
    loginEndsAtMs: login.loginEndsAtMs ?? memory.held?.loginEndsAtMs ?? null,
    backedUpAtMs: run.now(),
    signedOutAtMs: null,
    source: `${person.user}@${person.host} ${because}`,
    writeId: run.nonce(),
    intent: null,
    setupToken: before?.setupToken ?? null,
    hosts: before?.hosts ?? {},
  }
}

/** The tracked login after `login` went into the file (or was found there and accepted). */
export function holding(
  run: Run,
  login: Login,
  lineage: Lineage,
  facts: { renewedAtMs: number | null; inFile: boolean; firstSeenMs?: number },
): TrackedLogin {
  const refreshHash = login.refreshToken === null ? null : tokenHash(login.refreshToken)
  const before = run.memory.held
  const sinceMs = facts.renewedAtMs ?? Math.min(facts.firstSeenMs ?? run.now(), run.now())
  const since = { sinceMs, issuedToUs: facts.renewedAtMs !== null }
  return {
    accessHash: tokenHash(login.accessToken),
    refreshHash: refreshHash ?? lineage.chain.at(-1) ?? null,
    inFile: facts.inFile,
    lineage,
    expiresAtMs: trueEndMs(login.expiresAtMs, since, run.now()).endMs,
    loginEndsAtMs:
      login.loginEndsAtMs ?? (before?.lineage.id === lineage.id ? before.loginEndsAtMs : null),
    scopes: login.scopes,
    sinceMs,
    renewedAtMs: facts.renewedAtMs,
  }
}

const reachLimitMs = 5_000

/**
 * May the refresh token of the login with `accessHash` leave the file? The server counts as reached where it issued this
 * login to us, or accepted it at the same address; else it is asked, without a credential. Why not is left in
 * `custodyTrouble`.
 */
export async function isServed(run: Run, accessHash: string | null): Promise<boolean> {
  if (!isProgramStarted(run)) return false
  const { held, verification } = run.memory
  const { oauth, api } = run.config.endpoints
  if (held?.accessHash === accessHash && held?.renewedAtMs != null) return true
  const isAccepted = verification?.kind === 'accepted' && verification.accessHash === accessHash
  if (isAccepted && oauth === api) return true
  if (run.offline) return false
  const found = await reach(run.network, oauth, reachLimitMs)
  if (found.kind === 'reached') return true
  if (found.tls) commit(run, { learned: { tlsTrouble: networkTrouble(found.what) } })
  const why = makeTrouble(`${oauth} is not reached`, { place: found.what })
  commit(run, { learned: { custodyTrouble: stays(why) } })
  return false
}

/** Can hooks, wrapper or timer start what is installed for this user? */
export function isProgramStarted(run: Run): boolean {
  const why = whyNoneStarts(run.person.home, run.env)
  if (why !== null) commit(run, { learned: { custodyTrouble: stays(why) } })
  return why === null
}

function stays(why: Trouble): Trouble {
  return { ...why, cause: `the refresh token stays in the login file: ${why.cause}` }
}

/**
 * Is the file's login safe in the sealed copy on this machine, whether the shared document can be
 * written or not? Only then may its refresh token leave the file before it is there.
 */
export async function isSafeHere(run: Run, seen: Observation): Promise<boolean> {
  if (run.store?.keep == null) return false
  const { file, lineage, state } = await besideStore(run, seen)
  if (file.kind !== 'login' || lineage === null) return false
  if (state.store.kind === 'current' && state.store.newer) return false
  return keepHere(run, file.login, lineage, 'store-behind')
}

/** Takes the refresh token out of the login file. The caller holds the client's refresh locks and has it safe. */
export async function takeCustody(run: Run, decision: Decision) {
  const { file, lineage } = reread(run)
  if (file.kind !== 'login' || lineage === null) return
  const { login } = file
  // Another login than the one that is safe: its refresh token is nowhere else.
  if (tokenHash(login.accessToken) !== decision.about) return
  const without = withoutRefreshToken(login)
  if (!(await saveToFile(run, without, now => now.contentHash === file.contentHash))) return
  const { held } = run.memory
  const same = held?.accessHash === tokenHash(login.accessToken)
  commit(run, {
    memory: {
      held: same
        ? { ...held, inFile: false }
        : holding(run, login, lineage, { renewedAtMs: null, inFile: false, ...firstSeen(file) }),
    },
    journal: {
      did: 'take-custody',
      because: decision.because,
      after: lineage.chain.at(-1) ?? null,
    },
  })
}

/** The file's mtime: the login is at least that old. */
function firstSeen({ mtimeMs }: LoginFile): { firstSeenMs?: number } {
  return mtimeMs === null ? {} : { firstSeenMs: mtimeMs }
}
