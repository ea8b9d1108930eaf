// Taking a login out of the login file for good: what was in it is forbidden to come back.

import { AuthError } from '../host/error.js'
import { storageWaitMs, withRefreshLocks, withStorageLock } from '../login/client-locks.js'
import { type Login, tokenHash } from '../login/login.js'
import {
  closedLogin,
  type LoginFile,
  readLoginFile,
  withLogin,
  writeLoginFile,
} from '../login/login-file.js'
import { type Run, remember } from '../run.js'
import { moveAside, sealUnreadable } from './keep-aside.js'

/** `nothing`: there was nothing to do; `later`: a later run does it; `failed`: nobody will. */
export type SignOutState = 'done' | 'nothing' | 'later' | 'failed'

/** A client that is renewing at this moment is waited for: what it saves is to go too. */
const clientWaitMs = 15_000

/** Removes the login and leaves all else in the file; it is put aside where it can't be read. */
export async function removeFromFile(
  run: Run,
): Promise<{ state: SignOutState; login: Login | null; trouble: string | null }> {
  const { paths, person, locks } = run
  const look = () => readLoginFile(paths.loginFile, person.uid)
  if (look().kind === 'missing') return { state: 'nothing', login: null, trouble: null }
  const remove = async () => {
    const isSealed = await sealUnreadable(run)
    return withStorageLock(locks, storageWaitMs, () => {
      const file = look()
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
    return { state: 'failed', login: null, trouble: `${error.message}; type: ${error.hint}` }
  }
}

/** Whoever holds the client's refresh locks for so long is not waited for. */
function unlessBusy<T>(work: () => Promise<T>): (error: unknown) => Promise<T> {
  return async error => {
    if (error instanceof AuthError && error.code === 'lock-busy') return work()
    throw error
  }
}

/** All that is known of this login may not come back, whatever happens next. */
export function forbid(run: Run, logins: (Login | null)[]): void {
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
  remember(run, { signedOut: { atMs, chain: [...new Set(chain)], inStore: false } })
}

/** Null where there is none. */
export function loginOf(file: LoginFile): Login | null {
  return file.kind === 'login' ? file.login : null
}

function hashOfToken(token: string | null | undefined): string | null {
  return token ? tokenHash(token) : null
}
