// Restoring: a stored login, the long-lived token of the document, or fields that a faulty refresh dropped go into the login file.

import { withRefreshLocks } from '../login/client-locks.js'
import { type Lineage, newLineage } from '../login/lineage.js'
import { type Login, tokenHash, withoutRefreshToken } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { unmarked } from '../login/login-text.js'
import type { Memory } from '../login/memory.js'
import { completed } from '../login/tracked-login.js'
import type { Decision } from '../policy/state.js'
import { keepAside } from './keep-aside.js'
import { noticeLogOut } from './log-out.js'
import { type Observation, reread } from './observe.js'
import { locksWaitMs } from './renew.js'
import { commit, type Run } from './run.js'
import { changeFile, holding, saveToFile } from './save.js'

/**
 * Acts on `decision` under the client's refresh locks, if `again` still says so inside them. True when
 * the file was written.
 */
export async function restore(
  run: Run,
  decision: Decision,
  again: (seen: Observation) => Decision,
): Promise<boolean> {
  return withRefreshLocks(run.locks, locksWaitMs, async () => {
    const seen = await noticeLogOut(run, reread(run))
    const then = again(seen)
    if (then.do !== 'restore' || then.about !== decision.about) return false
    if (isAboutToken(run, decision)) return placeLongLived(run, decision, seen)
    const { file } = seen.state
    if (file.kind === 'login' && file.incomplete) return complete(run, seen)
    return file.kind === 'login' && file.marked
      ? withoutMark(run, seen)
      : fromStore(run, decision, seen)
  })
}

async function complete(run: Run, { file }: Observation): Promise<boolean> {
  const { held } = run.memory
  if (file.kind !== 'login' || held === null) return false
  const login = completed(file.login, held)
  const isUnchanged = (now: LoginFile) => now.contentHash === file.contentHash
  if (!(await saveToFile(run, login, isUnchanged))) return false
  commit(run, {
    journal: {
      did: 'restore',
      because: 'unreadable',
      after: tokenHash(login.refreshToken ?? login.accessToken),
      detail: 'fields that a refresh had dropped',
    },
  })
  return true
}

/** Nothing else changes in the file, also not in the way it is written. */
async function withoutMark(run: Run, { file }: Observation): Promise<boolean> {
  const unmark = (now: LoginFile) =>
    now.bytes !== null && now.contentHash === file.contentHash ? unmarked(now.bytes) : null
  if (!(await changeFile(run, unmark))) return false
  commit(run, {
    journal: { did: 'restore', because: 'unreadable', detail: 'a byte order mark taken out' },
  })
  return true
}

async function fromStore(run: Run, decision: Decision, { file }: Observation): Promise<boolean> {
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored : null
  if (!stored?.login) return false
  const login = stored.login
  const hash = login.refreshToken === null ? null : tokenHash(login.refreshToken)
  const sole = run.config.custody === 'sole'
  const unchanged = (now: LoginFile) =>
    now.kind === file.kind && now.contentHash === file.contentHash
  if (file.kind === 'login' && isUnknown(run, file.login, stored.lineage))
    await keepAside(run, file.login, 'replaced by the stored login')
  // Before the file loses its refresh token, or could be blanked while the shared document is away.
  await run.store?.keep?.(stored)
  if (!(await saveToFile(run, sole ? withoutRefreshToken(login) : login, unchanged))) return false
  const before = run.memory.held
  const lineage = stored.lineage ?? newLineage(run.nonce(), hash, stored.backedUpAtMs ?? run.now())
  const sameToken = before?.accessHash === tokenHash(login.accessToken)
  const held = holding(run, login, lineage, { renewedAtMs: null, inFile: !sole })
  commit(run, {
    memory: {
      held: sameToken
        ? { ...held, sinceMs: before.sinceMs, renewedAtMs: before.renewedAtMs }
        : held,
      backOff: null,
      ...known(run, held.accessHash),
      ...(run.memory.verifiedCopy?.accessHash === held.accessHash
        ? { verification: run.memory.verifiedCopy }
        : {}),
    },
  })
  const handedBack = file.kind === 'login' && file.login.accessToken === login.accessToken
  commit(run, {
    journal: {
      did: handedBack ? 'hand-back' : 'restore',
      because: decision.because,
      before: before?.refreshHash ?? null,
      after: hash,
    },
  })
  return true
}

/** The document is known to hold what was read from it; the copy on this machine proves nothing about it. */
function known({ storeRead, now }: Run, accessHash: string): Partial<Memory> {
  if (storeRead?.kind !== 'current' || storeRead.isCached) return {}
  return { stored: { version: storeRead.version, accessHash, atMs: now() } }
}

/** True if this login is unrelated to ours and may matter to someone. */
function isUnknown({ memory }: Run, { refreshToken }: Login, stored: Lineage | null): boolean {
  if (refreshToken === null) return false
  const hash = tokenHash(refreshToken)
  const earlier = memory.held?.lineage.chain.slice(0, -1) ?? []
  return ![...memory.spent, ...earlier, ...(stored?.chain ?? [])].includes(hash)
}

/** What the client asks `setup-token` for (2.1.330). */
const scopes = ['user:inference']
/** What it keeps beside a token and still holds for this one: the subscription, not the account or an end. */
const keptFields = ['subscriptionType', 'rateLimitTier']

/** Is `decision` about the document's long-lived token? */
function isAboutToken({ storeRead }: Run, decision: Decision): boolean {
  const setupToken = storeRead?.kind === 'current' ? storeRead.stored.setupToken : null
  return setupToken !== null && tokenHash(setupToken.token) === decision.about
}

/**
 * Puts the token into the file; the caller holds the client's refresh locks and has decided inside
 * them. A login of unknown value that was there is kept aside. True if the file was written.
 */
async function placeLongLived(
  run: Run,
  decision: Decision,
  { file }: Observation,
): Promise<boolean> {
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored : null
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
  commit(run, {
    memory: {
      longLived: { ...before, placed: { accessHash, endsAtMs } },
      ...(held === null ? {} : { held: { ...held, inFile: false } }),
    },
  })
  if (!(await saveToFile(run, loginOf(token, stored.login), unchanged))) {
    commit(run, { memory: { longLived, held } })
    return false
  }
  commit(run, {
    journal: {
      did: 'restore',
      because: decision.because,
      before: held?.refreshHash ?? null,
      after: accessHash,
      detail: 'the long-lived token',
    },
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

/** Not in the store, not spent, and not one of our own long-lived tokens: it may matter to someone. */
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
