// Backing up: the login goes to the store by check-and-set; in sole custody the file then loses its refresh token.

import { withRefreshLocks } from '../login/client-locks.js'
import type { Lineage } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import type { Memory } from '../login/memory.js'
import { isHeld } from '../login/tracked-login.js'
import { backedOff } from '../policy/back-off.js'
import type { Decision } from '../policy/state.js'
import type { StoredLogin } from '../store/document.js'
import { makeTrouble, type Trouble, unlessBug } from '../system/trouble.js'
import { isSignedOutElsewhere } from './log-out.js'
import { besideStore, type Observation, reread } from './observe.js'
import { readStore } from './read-store.js'
import { locksWaitMs } from './renew.js'
import { commit, type Run } from './run.js'
import { holding, isSafeHere, isServed, keepHere, saveToStore, takeCustody } from './save.js'

/** Acts on `decision`: under the client's refresh locks where the file's refresh token is taken into custody. */
export async function backUp(
  run: Run,
  seen: Observation,
  decision: Decision,
  again: (seen: Observation) => Decision,
): Promise<boolean> {
  const { file } = seen
  const takes = run.config.custody === 'sole' && file.kind === 'login' && file.login.refreshToken
  if (!takes) return deliver(run, seen, decision)
  if (!(await isServed(run, decision.about))) return deliver(run, reread(run), decision)
  return withRefreshLocks(run.locks, locksWaitMs, async () => {
    const now = reread(run)
    const then = again(now)
    if (then.do !== 'back-up' || then.about !== decision.about) return false
    const isSafe = await isSafeHere(run, now)
    const isThere = await deliver(run, reread(run), decision)
    if (isThere || isSafe) await takeCustody(run, decision)
    return isThere
  })
}

/** Other hosts write too (heartbeats, claims on alerts), each seldom. */
const mostConflicts = 5

/**
 * True when the store holds the login of the file, now or already before. A run that lost a check-and-set
 * decides again at once: other hosts may be waiting for just this login.
 */
async function deliver(run: Run, seen: Observation, decision: Decision): Promise<boolean> {
  let now = await besideStore(run, seen)
  for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
    const isThere = await deliverOnce(run, now, decision)
    if (isThere !== 'conflict') return isThere
    await readStore(run)
    now = reread(run)
  }
  return postpone(run, makeTrouble('the store was changed by another write meanwhile'))
}

async function deliverOnce(
  run: Run,
  seen: Observation,
  decision: Decision,
): Promise<boolean | 'conflict'> {
  const { storeRead } = run
  if (run.store === null || storeRead === null) return false
  const { file, lineage, state } = seen
  if (file.kind !== 'login' || tokenHash(file.login.accessToken) !== decision.about) return false
  if (isSignedOutElsewhere(run, seen)) return false
  if (storeRead.kind === 'unreachable' || storeRead.kind === 'denied')
    return keepAndPostpone(run, seen, storeRead.trouble)
  if (storeRead.kind === 'current' && storeRead.away !== null)
    return keepAndPostpone(run, seen, storeRead.away.trouble)
  const stored = storeRead.kind === 'current' ? storeRead.stored : null
  // Unverified logins may be stored locally, never in the shared document.
  if (run.store.keep !== null && !isOwn(seen)) return false
  // The store has moved on: the next decision takes what is there.
  if (state.store.kind === 'current' && state.store.newer) return false
  const { login } = file
  const isThere =
    !(storeRead.kind === 'current' && storeRead.isCached) &&
    stored?.login?.accessToken === login.accessToken &&
    (login.refreshToken === null || stored.login.refreshToken === login.refreshToken)
  if (isThere) {
    const known = { version: storeRead.version, accessHash: decision.about, atMs: run.now() }
    const sinceMs = stored.backedUpAtMs ?? file.mtimeMs ?? run.now()
    commit(run, {
      memory: {
        stored: known,
        pending: null,
        ...heldNow(run, login, lineage ?? stored.lineage, sinceMs),
      },
    })
    return true
  }
  if (lineage === null) return false
  const refreshToken = login.refreshToken ?? ownRefreshToken(stored, lineage)
  if (refreshToken === null) return false
  const full = { ...login, refreshToken }
  const outcome = await saveToStore(run, full, lineage, storeRead.version, decision.because)
  if (outcome.kind === 'written') {
    commit(run, {
      journal: { did: 'back-up', because: decision.because, after: lineage.chain.at(-1) ?? null },
    })
    return true
  }
  if (outcome.kind === 'conflict') return 'conflict'
  return postpone(run, 'trouble' in outcome ? outcome.trouble : makeTrouble('there is no store'))
}

/** Is the file's login tracked, accepted by the server, or in the store? */
function isOwn({ state }: Observation): boolean {
  const { file, held, verification, store } = state
  if (file.kind !== 'login') return false
  const { accessHash, refreshHash } = file.login
  const isHeld =
    held?.accessHash === accessHash || (refreshHash && held?.refreshHash === refreshHash)
  const isAccepted = verification?.kind === 'accepted' && verification.accessHash === accessHash
  const isStored = store.kind === 'current' && store.login?.accessHash === accessHash
  return Boolean(isHeld) || (isAccepted && verification.rightIdentity) || isStored
}

/** While the shared document is away, a new login is also kept in the sealed copy. */
async function keepAndPostpone(run: Run, seen: Observation, trouble: Trouble): Promise<false> {
  const { file, lineage, state } = seen
  const isBehind = state.store.kind === 'current' && state.store.newer
  const isWhole = file.kind === 'login' && file.login.refreshToken !== null
  if (run.store?.keep != null && isWhole && lineage !== null && isOwn(seen) && !isBehind)
    // On a full disk the file has it.
    await keepHere(run, file.login, lineage, 'store-behind').catch(unlessBug)
  return postpone(run, trouble)
}

/** In sole custody only the store has it, and it must never be stored beside another user's login. */
function ownRefreshToken(stored: StoredLogin | null, lineage: Lineage): string | null {
  const refreshToken = stored?.login?.refreshToken ?? null
  const isOwn = refreshToken !== null && tokenHash(refreshToken) === lineage.chain.at(-1)
  return isOwn ? refreshToken : null
}

/**
 * Rebuilds a lost memory: the store knows the lineage of the file's login and since when it exists; counted from now, its
 * half-life would come too late.
 */
function heldNow(
  run: Run,
  login: Login,
  lineage: Lineage | null,
  firstSeenMs: number,
): Partial<Memory> {
  if (lineage === null || isHeld(login, run.memory.held)) return {}
  const inFile = login.refreshToken !== null
  return { held: holding(run, login, lineage, { renewedAtMs: null, inFile, firstSeenMs }) }
}

/** A store that is away is asked again later, with growing pauses. */
function postpone(run: Run, trouble: Trouble): false {
  const { pending } = run.memory
  const before = pending && { ...pending, triesAtMs: [] }
  const { failures, nextTryAtMs } = backedOff(before, null, run.now(), run.random())
  const sinceMs = pending?.sinceMs ?? run.now()
  commit(run, { memory: { pending: { sinceMs, failures, nextTryAtMs, trouble } } })
  return false
}
