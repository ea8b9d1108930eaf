// Placing: the document's long-lived token goes into the login file, in the client's own shape of one.

import { type Login, tokenHash } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { note, type Run, remember } from '../run.js'
import type { Decision } from '../state.js'
import { keepAside } from './keep-aside.js'
import type { Seen } from './look.js'
import { saveToFile } from './save.js'

/** What the client asks `setup-token` for (2.1.330). */
const scopes = ['user:inference']
/** What it keeps beside a token and still holds for this one: the subscription, not the account or an end. */
const keptFields = ['subscriptionType', 'rateLimitTier']

/** Is `decision` about the document's long-lived token? */
export function isAboutToken({ asked }: Run, decision: Decision): boolean {
  const setupToken = asked?.kind === 'current' ? asked.stored.setupToken : null
  return setupToken !== null && tokenHash(setupToken.token) === decision.about
}

/**
 * Puts the token into the file; the caller holds the client's refresh locks and has decided inside
 * them. Whatever login of unknown worth was there is kept aside. True when the file was written.
 */
export async function placeLongLived(
  run: Run,
  decision: Decision,
  { file }: Seen,
): Promise<boolean> {
  const stored = run.asked?.kind === 'current' ? run.asked.stored : null
  if (!stored?.setupToken) return false
  const { token, endsAtMs } = stored.setupToken
  const accessHash = tokenHash(token)
  if (file.kind === 'login' && isToBeKept(run, file.login, stored.login))
    await keepAside(run, file.login, 'replaced by the long-lived token')
  const unchanged = (now: LoginFile) =>
    now.kind === file.kind && now.contentHash === file.contentHash
  // Remembered first: a run that is killed in between must know the token as its own.
  const { held, longLived } = run.memory
  const before = longLived ?? { askedAtMs: run.now(), token: null }
  remember(run, {
    longLived: { ...before, placed: { accessHash, endsAtMs } },
    ...(held === null ? {} : { held: { ...held, inFile: false } }),
  })
  if (!(await saveToFile(run, loginOf(token, stored.login), unchanged))) {
    remember(run, { longLived, held })
    return false
  }
  note(run, 'restore', decision.because, {
    before: held?.refreshHash ?? null,
    after: accessHash,
    detail: 'the long-lived token',
  })
  return true
}

function loginOf(token: string, stored: Login | null): Login {
  const known = Object.entries(stored?.fields ?? {})
  const fields = Object.fromEntries(known.filter(([key]) => keptFields.includes(key)))
  return {
    accessToken: token,
    refreshToken: null,
    expiresAtMs: null,
    loginEndsAtMs: null,
    scopes,
    fields,
  }
}

/** Not in the store, not spent, and not one of our own long-lived tokens: it may be of use to somebody. */
function isToBeKept({ memory }: Run, login: Login, stored: Login | null): boolean {
  if (login.accessToken === stored?.accessToken && login.refreshToken === null) return false
  if (login.refreshToken === null) {
    const hash = tokenHash(login.accessToken)
    return hash !== memory.held?.accessHash && hash !== memory.longLived?.placed?.accessHash
  }
  if (login.refreshToken === stored?.refreshToken) return false
  const hash = tokenHash(login.refreshToken)
  const earlier = memory.held?.lineage.chain.slice(0, -1) ?? []
  return !memory.spent.includes(hash) && !earlier.includes(hash)
}
