// The access token of a test's home comes to its end: at the server, in the file and in the sealed copy.

import type { Sandbox } from './sandbox.js'
import { localStoreOf } from './store-of.js'

/** Ends it as time would, and leaves everything else as it is. Returns the end that was written. */
export async function expireHere(box: Sandbox): Promise<number> {
  const login = box.login()
  if (login === null) throw new Error('no login')
  box.authority.expireAccess(login.accessToken)
  const expiresAt = Date.now() - 1000
  box.writeLogin({ ...login, expiresAt })
  const store = localStoreOf(box)
  const found = await store.read()
  if (found.kind === 'current' && found.stored.login) {
    const sealed = { ...found.stored.login, expiresAtMs: expiresAt }
    await store.write({ ...found.stored, login: sealed }, found.version)
  }
  return expiresAt
}
