// Renewing: by the refresh grant, under the right locks and with the answer safe first; or by the client (`renewal.via: client`).

import type { HttpOutcome } from '../anthropic/http.js'
import { requestRefresh } from '../anthropic/login-server.js'
import {
  type AnswerHeader,
  beginAnswer,
  eraseAnswer,
  type Sealer,
  saveAnswer,
} from '../login/answer.js'
import { withRefreshLocks, withRenewalLock } from '../login/client-locks.js'
import { newLineage } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import { letClientRenew } from '../login/real-client.js'
import { type Readiness, readyToSave } from '../login/save-proof.js'
import { clientRefreshMs, type Decision } from '../policy/state.js'
import type { Intent } from '../store/document.js'
import { AuthError } from '../system/trouble.js'
import { networkTrouble } from '../text/trouble.js'
import { claimRenewal, endClaim } from './claim-renewal.js'
import { handleLostReply, handleTokenReply, waiting } from './handle-token-reply.js'
import { keepAside } from './keep-aside.js'
import { noticeLogOut } from './log-out.js'
import { type Observation, reread, rereadFile } from './observe.js'
import { readStore } from './read-store.js'
import { commit, type Run, reloadMemory } from './run.js'
import type { Parent } from './save-renewed-login.js'
import { noteClock } from './verify.js'

/** Longer than any refresh of a client, which holds the locks for at most 30 s. */
export const locksWaitMs = 40_000
/** A process that was stopped, or kept waiting for the locks, claims again. */
const mostTurns = 3

/** `stale`: nothing was sent, as the claim has got too old. */
type Attempt = 'renewed' | 'not-renewed' | 'stale'

/**
 * Renews the login whose refresh token `decision` is about. Where the file holds that token, a client
 * could spend it too: then under the client's refresh locks, and only if `again` (reading and deciding
 * again inside them) still says so. In sole custody no client has it, and a lock of our own is enough; where
 * other hosts have it, it is announced to them first. True when it brought a successor.
 */
export async function renew(
  run: Run,
  seen: Observation,
  decision: Decision,
  again: (seen: Observation) => Decision,
): Promise<boolean> {
  const hash = decision.about
  if (hash === null) return false
  if (findParent(run, seen, hash) === null) return false
  const isWanted = () => {
    const then = again(reread(run))
    return then.do === 'renew' && then.about === hash
  }
  const isAlone = run.config.custody === 'sole' && !isInFile(seen, hash)
  for (let turn = 0; turn < mostTurns; turn++) {
    const claim = await claimRenewal(run, hash, isWanted)
    if (claim.kind !== 'clear') break
    const { isStale } = claim
    const withLocks = isAlone ? withRenewalLock : withRefreshLocks
    const attempt = await withLocks(run.locks, locksWaitMs, () =>
      renewLocked(run, hash, decision, again, isStale),
    )
    if (attempt === 'renewed') return true
    if (attempt === 'not-renewed') break
  }
  await endClaim(run, endOf(run, hash))
  return false
}

/** What is known of a refresh token now that nothing came of posting it, or of the wish to. */
function endOf({ memory }: Run, hash: string): Intent['ended'] {
  if (memory.spent.includes(hash)) return 'refused'
  return memory.maybeSpent.some(each => each.hash === hash) ? 'maybe-spent' : null
}

async function renewLocked(
  run: Run,
  hash: string,
  decision: Decision,
  again: (seen: Observation) => Decision,
  isStale: () => boolean,
): Promise<Attempt> {
  await catchUp(run)
  const now = await noticeLogOut(run, reread(run))
  const then = again(now)
  if (then.do !== 'renew' || then.about !== hash) return 'not-renewed'
  const current = findParent(run, now, hash)
  return current === null ? 'not-renewed' : post(run, current, decision, isStale)
}

/** The work of another host, which the gate does not stop, while we waited for its locks. */
async function catchUp(run: Run): Promise<void> {
  reloadMemory(run)
  if (run.store?.kind === 'local') await readStore(run)
}

/** The login with the refresh token `hash`: the file's, else the store's; null when neither has it now. */
export function findParent(
  run: Run,
  { file, lineage, state }: Observation,
  hash: string,
): Parent | null {
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored : null
  const found = file.kind === 'login' ? file.login : null
  const { verification } = state
  if (found && lineage && hashOf(found) === hash) {
    const verified = verification?.accessHash === tokenHash(found.accessToken)
    const own = (verified && verification.rightIdentity) || hash === run.memory.held?.refreshHash
    return { hash, login: found, lineage, own }
  }
  if (!stored?.login || hashOf(stored.login) !== hash) return null
  const since = stored.backedUpAtMs ?? run.now()
  const known = stored.lineage ?? newLineage(run.nonce(), hash, since)
  return { hash, login: stored.login, lineage: known, own: true }
}

function hashOf({ refreshToken }: Login): string | null {
  return refreshToken === null ? null : tokenHash(refreshToken)
}

function isInFile({ file }: Pick<Observation, 'file'>, hash: string): boolean {
  return file.kind === 'login' && hashOf(file.login) === hash
}

async function post(
  run: Run,
  parent: Parent,
  decision: Decision,
  isStale: () => boolean,
): Promise<Attempt> {
  const { hash } = parent
  const { refreshToken, scopes } = parent.login
  if (refreshToken === null) return 'not-renewed'
  const sole = run.config.custody === 'sole'
  // Everything that saving needs is loaded before the request leaves.
  const sealer = sole ? await run.sealer() : plainSealer
  const header = { parentHash: hash, sentAtMs: run.now(), sealed: sole }
  const ready = provenToSave(run, parent, decision)
  try {
    beginAnswer(run.paths.answer, header, run.nonce())
    if (isStale()) {
      eraseAnswer(run.paths.answer)
      return 'stale'
    }
    const { oauth } = run.config.endpoints
    const outcome = await requestRefresh(run.network, oauth, refreshToken, scopes)
    ready.release()
    return await takeReply(run, parent, decision, outcome, sealer, header)
  } finally {
    ready.release()
  }
}

/** A login that the client does not renew yet is its to use: nothing stops its launch. */
function provenToSave(run: Run, { hash, login }: Parent, { because }: Decision): Readiness {
  try {
    return readyToSave(run.paths.loginFile, run.nonce)
  } catch (error) {
    const leftMs = (login.expiresAtMs ?? 0) - run.now()
    const isGood = because !== 'refused' && leftMs > clientRefreshMs
    const isFixed = error instanceof AuthError && error.code === 'login-fixed'
    if (!isFixed || (!isGood && isInFile({ file: rereadFile(run) }, hash))) throw error
    throw new AuthError('write-failed', error.message, { hint: error.hint })
  }
}

/** Takes in what came of the request. */
async function takeReply(
  run: Run,
  parent: Parent,
  decision: Decision,
  outcome: HttpOutcome,
  sealer: Sealer,
  header: AnswerHeader,
): Promise<Attempt> {
  const { hash } = parent
  if (outcome.kind === 'not-sent') {
    if (outcome.tls) commit(run, { learned: { tlsTrouble: networkTrouble(outcome.what) } })
    commit(run, { memory: waiting(run, hash, null) })
    eraseAnswer(run.paths.answer)
    return 'not-renewed'
  }
  if (outcome.kind === 'cut') {
    handleLostReply(run, hash, outcome.what)
    eraseAnswer(run.paths.answer)
    return 'not-renewed'
  }
  const nonce = run.nonce()
  const isKept = await saveAnswer(run.paths.answer, outcome, sealer, { header, nonce }).then(
    () => true,
    () => false,
  )
  const answer = { ...outcome, atMs: run.now(), isKept }
  const isRenewed = await handleTokenReply(run, parent, answer, decision.because)
  noteClock(run, outcome.serverNowMs)
  return isRenewed ? 'renewed' : 'not-renewed'
}

/** In shared custody the token is in plain text in the login file anyway. */
export const plainSealer = {
  seal: async (bytes: Buffer) => bytes,
  open: async (bytes: Buffer) => bytes,
}

/**
 * Lets the client refresh, after a sealed copy was taken. The next observation finds the result in the login file, as any
 * refresh of the client's. A client that did not refresh (2.1.197 doesn't in `auth status`) leaves the file as it was: that is
 * written down, and tried again later.
 */
export async function renewByClient(
  run: Run,
  { file }: Observation,
  decision: Decision,
): Promise<boolean> {
  if (run.client === null || file.kind !== 'login' || decision.about === null) return false
  await keepAside(run, file.login, 'before the client renews')
  await letClientRenew(run.client, run.env)
  const now = rereadFile(run)
  const before = tokenHash(file.login.accessToken)
  const after = now.kind === 'login' ? tokenHash(now.login.accessToken) : null
  if (after !== null && after !== before) {
    commit(run, {
      journal: { did: 'renew', because: decision.because, before, after, detail: 'by the client' },
    })
    commit(run, { memory: { backOff: null } })
    return true
  }
  const detail =
    after === before ? 'the client did not renew the login' : 'the client left no usable login'
  commit(run, { journal: { did: 'renew', because: 'not-renewed', before, detail } })
  commit(run, { memory: waiting(run, decision.about, null) })
  return false
}
