// Signing out on somebody's word: end the login at the server, take it out of the file, the store, and the client's notes.

import { AuthError } from '../host/error.js'
import { forgetAccount } from '../login/client-config.js'
import { relation } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import { readLoginFile } from '../login/login-file.js'
import { withSpent } from '../login/memory.js'
import { note, type Run, remember } from '../run.js'
import { ourLongLived } from './long-lived-facts.js'
import { look } from './look.js'
import { endAtServer, type Owed, owe } from './owed-revocations.js'
import { readStore } from './read-store.js'
import { forbid, loginOf, removeFromFile, type SignOutState } from './sign-out-file.js'
import { signOutStored } from './sign-out-stored.js'

export interface SignedOutSteps {
  server: SignOutState
  file: SignOutState
  store: SignOutState
  account: SignOutState
  /** Why the file or the client's notes could not be changed; null: they were. */
  trouble: string | null
  /** When what could not be ended at the server ends by itself; null: unknown, or it was ended. */
  endsAtMs: number | null
}

/**
 * Signs this user out. The log-out mark is there already, and the caller is inside the gate; so
 * nothing is put back from now on, however this ends. Doing it twice does no harm.
 */
export async function signOut(run: Run): Promise<SignedOutSteps> {
  const isLongLived = ourLongLived(look(run).state) !== null
  const inFile = loginOf(readLoginFile(run.paths.loginFile, run.person.uid))
  // Offline the sealed copy is here all the same, and a later run takes it out.
  run.asked ??= await readStore(run)
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
    if (hint === 'refresh_token') remember(run, withSpent(run.memory, tokenHash(token)))
  const isOwed = await owe(run, left)

  const account = await forgotten(run)
  const store = await outOfStore(run)
  const asked = first.length + more.length
  note(run, 'sign-out', 'signed-out', { before: hashOf(inFile ?? stored) })
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
function ownInStore({ asked, memory }: Run, inFile: Login | null): Login | null {
  if (asked?.kind !== 'current' || asked.stored.login === null) return null
  const { login, lineage } = asked.stored
  const { held } = memory
  const isSame = inFile?.accessToken === login.accessToken
  if (isSame || held === null || lineage === null) return login
  return relation(held.lineage, lineage) === 'unrelated' ? null : login
}

async function outOfStore(run: Run): Promise<SignOutState> {
  if (run.store === null) return 'nothing'
  const { asked } = run
  const isEmpty = asked?.kind === 'empty' && asked.damaged === undefined
  const isOut = asked?.kind === 'current' && asked.stored.login === null && asked.away === null
  if (!run.offline) await signOutStored(run)
  if (isEmpty || (isOut && run.memory.signedOut?.inStore)) return 'nothing'
  return run.memory.signedOut?.inStore ? 'done' : 'later'
}

async function forgotten(run: Run): Promise<{ state: SignOutState; trouble: string | null }> {
  try {
    const isDone = await forgetAccount(run.locks, run.paths.clientConfig)
    return { state: isDone ? 'done' : 'nothing', trouble: null }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { state: 'failed', trouble: error.message }
  }
}

function owedOf(run: Run, login: Login | null): Owed[] {
  if (login === null) return []
  const sinceMs = run.now()
  const refresh = login.refreshToken
  const isSpent = refresh !== null && run.memory.spent.includes(tokenHash(refresh))
  return [
    ...(refresh === null || isSpent
      ? []
      : [{ token: refresh, hint: 'refresh_token', sinceMs } as const]),
    { token: login.accessToken, hint: 'access_token', sinceMs },
  ]
}

function unique(owed: Owed[]): Owed[] {
  return owed.filter((each, at) => owed.findIndex(({ token }) => token === each.token) === at)
}

function hashOf(login: Login | null): string | null {
  return login && tokenHash(login.refreshToken ?? login.accessToken)
}
