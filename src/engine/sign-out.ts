// Signing out on command: end the login at the server, remove it from the file, the store, and the client's notes.

import { forgetAccount } from '../login/client-config.js'
import { storageWaitMs, withRefreshLocks, withStorageLock } from '../login/client-locks.js'
import { newLineage, relation } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import { closedLogin, type LoginFile, withLogin, writeLoginFile } from '../login/login-file.js'
import { withSpent } from '../login/memory.js'
import { ourLongLived } from '../policy/long-lived.js'
import { AuthError, errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { moveAside, sealUnreadable } from './keep-aside.js'
import { observe, rereadFile } from './observe.js'
import { endAtServer, type Owed, owe, owedOf, revokeOwed } from './owed-revocations.js'
import { knownStore, readStore } from './read-store.js'
import { commit, type Run } from './run.js'

export interface SignedOutSteps {
  server: SignOutState
  file: SignOutState
  store: SignOutState
  account: SignOutState
  /** Why the file or the client's notes could not be changed; null: they were. */
  trouble: Trouble | null
  /** When what could not be ended at the server ends by itself; null: unknown, or it was ended. */
  endsAtMs: number | null
}

/**
 * Signs this user out. The log-out mark is there already, and the caller is inside the gate; so
 * nothing is put back from now on, however this ends. Doing it twice does no harm.
 */
export async function signOut(run: Run): Promise<SignedOutSteps> {
  const seen = observe(run)
  const isLongLived = ourLongLived(seen.state) !== null
  const inFile = loginOf(seen.file)
  // Offline the sealed copy is here all the same, and a later run takes it out.
  await knownStore(run)
  const stored = ownInStore(run, inFile)
  forbid(run, [inFile, stored])

  // A long-lived token of the document may be in use on other hosts: it stays what it is there.
  const first = [...(isLongLived ? [] : owedOf(run, inFile)), ...owedOf(run, stored)]
  const left = await endAtServer(run, unique(first))
  const removed = await removeFromFile(run)
  const late = removed.login && !isLongLived ? owedOf(run, removed.login) : []
  const more = unique(late).filter(each => !first.some(({ token }) => token === each.token))
  left.push(...(await endAtServer(run, more)))
  for (const { token, hint } of [...first, ...more])
    if (hint === 'refresh_token') commit(run, { memory: withSpent(run.memory, tokenHash(token)) })
  const isOwed = await owe(run, left)

  const account = await forgotten(run)
  const store = await outOfStore(run)
  const asked = first.length + more.length
  commit(run, {
    journal: { did: 'sign-out', because: 'signed-out', before: hashOf(inFile ?? stored) },
  })
  return {
    server: asked === 0 ? 'nothing' : left.length === 0 ? 'done' : isOwed ? 'later' : 'failed',
    file: removed.state,
    store,
    account: account.state,
    trouble: removed.trouble ?? account.trouble,
    endsAtMs: left.length === 0 ? null : ((inFile ?? stored)?.loginEndsAtMs ?? null),
  }
}

/** The store's login, unless it is another sign-in than ours: that one stays, as another host may use it. */
function ownInStore({ storeRead, memory }: Run, inFile: Login | null): Login | null {
  if (storeRead?.kind !== 'current' || storeRead.stored.login === null) return null
  const { login, lineage } = storeRead.stored
  const { held } = memory
  const isSame = inFile?.accessToken === login.accessToken
  if (isSame || held === null || lineage === null) return login
  return relation(held.lineage, lineage) === 'unrelated' ? null : login
}

async function outOfStore(run: Run): Promise<SignOutState> {
  if (run.store === null) return 'nothing'
  const { storeRead } = run
  const isEmpty = storeRead?.kind === 'empty' && storeRead.damaged === undefined
  const isOut =
    storeRead?.kind === 'current' && storeRead.stored.login === null && storeRead.away === null
  if (!run.offline) await signOutStored(run)
  if (isEmpty || (isOut && run.memory.signedOut?.inStore)) return 'nothing'
  return run.memory.signedOut?.inStore ? 'done' : 'later'
}

async function forgotten(run: Run): Promise<{ state: SignOutState; trouble: Trouble | null }> {
  try {
    const isDone = await forgetAccount(run.locks, run.paths.clientConfig)
    return { state: isDone ? 'done' : 'nothing', trouble: null }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { state: 'failed', trouble: makeTrouble(error.message) }
  }
}

function unique(owed: Owed[]): Owed[] {
  return owed.filter((each, at) => owed.findIndex(({ token }) => token === each.token) === at)
}

function hashOf(login: Login | null): string | null {
  return login && tokenHash(login.refreshToken ?? login.accessToken)
}

/** `nothing`: there was nothing to do; `later`: a later run does it; `failed`: it will not be done. */
type SignOutState = 'done' | 'nothing' | 'later' | 'failed'

/** Waits for a client that is renewing at this moment: its new login must go too. */
const clientWaitMs = 15_000

/** Removes the login and leaves all else in the file; it is put aside where it can't be read. */
async function removeFromFile(
  run: Run,
): Promise<{ state: SignOutState; login: Login | null; trouble: Trouble | null }> {
  const { paths, locks } = run
  if (rereadFile(run).kind === 'missing') return { state: 'nothing', login: null, trouble: null }
  const remove = async () => {
    const isSealed = await sealUnreadable(run)
    return withStorageLock(locks, storageWaitMs, () => {
      const file = rereadFile(run)
      if (file.kind === 'missing') return null
      if (file.kind === 'closed') throw closedLogin(file.closed)
      if (file.kind === 'login') forbid(run, [file.login])
      if (file.kind === 'unreadable' && !isSealed) moveAside(run, file.what)
      else writeLoginFile(paths.loginFile, withLogin(file.bytes, null), run.nonce())
      return loginOf(file)
    })
  }
  try {
    const login = await withRefreshLocks(locks, clientWaitMs, remove).catch(unlessBusy(remove))
    return { state: 'done', login, trouble: null }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { state: 'failed', login: null, trouble: errorTrouble(error) }
  }
}

/** A process that holds the client's refresh locks for longer is not waited for. */
function unlessBusy<T>(work: () => Promise<T>): (error: unknown) => Promise<T> {
  return async error => {
    if (error instanceof AuthError && error.code === 'lock-busy') return work()
    throw error
  }
}

/** Every known token of this login is marked spent first, so that it can't come back. */
function forbid(run: Run, logins: (Login | null)[]): void {
  const { held, longLived, signedOut } = run.memory
  const chain = [
    ...(signedOut?.chain ?? []),
    ...(held?.lineage.chain ?? []),
    held?.accessHash,
    longLived?.placed?.accessHash,
    ...logins.flatMap(login => [login?.accessToken, login?.refreshToken].map(hashOfToken)),
  ].filter(hash => typeof hash === 'string')
  const isAnother = signedOut === null || logins.some(login => login !== null)
  const atMs = isAnother ? run.now() : signedOut.atMs
  commit(run, { memory: { signedOut: { atMs, chain: [...new Set(chain)], inStore: false } } })
}

/** Null where there is none. */
function loginOf(file: LoginFile): Login | null {
  return file.kind === 'login' ? file.login : null
}

function hashOfToken(token: string | null | undefined): string | null {
  return token ? tokenHash(token) : null
}

/** Other hosts may write at any time, and a renewal under way writes two or three times. */
const mostConflicts = 8

/**
 * Takes the login out of the store, and revokes its refresh token at the server (the client can't, in sole custody). After a
 * lost check-and-set it reads again: what another host has just put there is logged out too.
 */
export async function signOutStored(run: Run): Promise<void> {
  for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
    if (!(await isCrossed(run))) return
    await readStore(run)
  }
}

/** One try; true: another host wrote at the same moment. */
async function isCrossed(run: Run): Promise<boolean> {
  const { signedOut } = run.memory
  if (!signedOut || run.store === null || run.offline) return false
  const storeRead = await knownStore(run)
  if (storeRead.kind !== 'current') return false
  const { stored, version } = storeRead
  const token = stored.login?.refreshToken ?? null
  const hash = token === null ? null : tokenHash(token)
  const isRelated = stored.lineage?.chain.some(each => signedOut.chain.includes(each)) ?? false
  const isSignedOutOne = hash === null || isRelated || signedOut.chain.includes(hash)
  if (isSignedOutOne && stored.signedOutAtMs === null) {
    // A token that is spent has ended already. The document is told first: a host that is refused looks there for the reason.
    const owed: Owed[] =
      token === null || hash === null || run.memory.spent.includes(hash)
        ? []
        : [{ token, hint: 'refresh_token', sinceMs: signedOut.atMs }]
    const isOwed = await owe(run, owed)
    if (hash !== null) commit(run, { memory: withSpent(run.memory, hash) })
    const source = `${run.person.user}@${run.person.host} sign-out`
    const signedOutAtMs = run.now()
    const without = {
      ...stored,
      login: null,
      // A document from before has no lineage: other hosts know by it what was logged out.
      lineage: stored.lineage ?? { ...newLineage(run.nonce(), null, 0), chain: signedOut.chain },
      signedOutAtMs,
      source,
      writeId: run.nonce(),
    }
    const outcome = await run.store.write(without, version)
    if (outcome.kind === 'conflict') return true
    if (isOwed) await revokeOwed(run)
    else await endAtServer(run, owed)
    if (outcome.kind !== 'written') return false
    commit(run, {
      learned: {
        storeRead: { ...storeRead, stored: without, version: outcome.version, isCached: false },
      },
      journal: { did: 'sign-out', because: 'signed-out', before: hash },
    })
  }
  commit(run, {
    memory: { signedOut: { ...signedOut, inStore: true }, stored: null, pending: null },
  })
  return false
}
