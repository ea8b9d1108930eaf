// Recovering what a killed run left behind: an answer of the token endpoint, temporary files, a store sealed with an earlier key.

import { lstatSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { eraseAnswer, findLeftAnswer, type LeftAnswer } from '../login/answer.js'
import { releaseLeftLocks, withRefreshLocks, withRenewalLock } from '../login/client-locks.js'
import { newLineage } from '../login/lineage.js'
import { othersAtWork } from '../login/lock-files.js'
import { namesIn } from '../system/open-file.js'
import { minuteMs } from '../system/time.js'
import { unlessBug } from '../system/trouble.js'
import { isTemporary, removeAllQuietly } from '../system/write-file.js'
import { handleLostReply, handleTokenReply } from './handle-token-reply.js'
import { type Observation, reread } from './observe.js'
import { knownStore } from './read-store.js'
import { findParent, locksWaitMs, plainSealer } from './renew.js'
import { commit, type Run, reloadMemory } from './run.js'
import type { Parent } from './save-renewed-login.js'

/**
 * Saves what a killed run received, or records that its request may have spent the token; under the client's refresh locks, as
 * a client may be waiting for the dead run's to refresh by itself. True where its answer is settled: what it received is saved,
 * or the token that it posted is known to be spent already.
 */
export async function recover(run: Run): Promise<boolean> {
  const { answer: path } = run.paths
  const sealer = {
    seal: plainSealer.seal,
    open: async (bytes: Buffer) => (await run.sealer()).open(bytes),
  }
  const found = await findLeftAnswer(path, sealer)
  let isRenewed = false
  // A renewal of another host, which the gate does not stop, is waited for; then there is nothing left.
  if (found.kind !== 'none')
    await withRefreshLocks(run.locks, locksWaitMs, () =>
      withRenewalLock(run.locks, locksWaitMs, async () => {
        const still = await findLeftAnswer(path, sealer)
        reloadMemory(run)
        if (still.kind !== 'none') isRenewed = await handleLeftAnswer(run, still)
      }),
    )
  releaseLeftLocks(run.locks)
  if (!othersAtWork(run.locks.state, run.locks.process, run.now())) sweepTemporaries(run)
  return isRenewed
}

async function handleLeftAnswer(
  run: Run,
  found: Exclude<LeftAnswer, { kind: 'none' }>,
): Promise<boolean> {
  const { answer: path } = run.paths
  const { parentHash, sentAtMs } = found.header
  if (run.memory.spent.includes(parentHash)) {
    // Killed after the successor was saved and remembered: only the erasing was left to do.
    eraseAnswer(path)
    return found.kind === 'answered'
  }
  if (found.kind === 'sent') {
    handleLostReply(run, parentHash, 'a run ended before the answer came')
    eraseAnswer(path)
    return false
  }
  commit(run, { journal: { did: 'recover', because: 'killed', before: parentHash } })
  const seen = reread(run)
  await knownStore(run)
  const parent = findParent(run, seen, parentHash) ?? unknownParent(run, seen, parentHash, sentAtMs)
  const answer = { ...found.answer, retryAfterMs: null, atMs: sentAtMs, isKept: true }
  return handleTokenReply(run, parent, answer, 'recovered')
}

/**
 * The parent is gone (blanked, deleted, or replaced by this very successor): its lineage may still be
 * known, and what the client keeps beside the tokens. Its access token is not: nothing in the file may
 * be taken for the parent's.
 */
function unknownParent(run: Run, { file }: Observation, hash: string, sentAtMs: number): Parent {
  const { held } = run.memory
  const own = held?.lineage.chain.includes(hash) ?? false
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored.login : null
  const relative = stored ?? (file.kind === 'login' ? file.login : null)
  const login = {
    accessToken: '',
    refreshToken: null,
    expiresAtMs: null,
    loginEndsAtMs: held?.loginEndsAtMs ?? null,
    scopes: held?.scopes ?? null,
    fields: (own && relative?.fields) || {},
  }
  return {
    hash,
    login,
    lineage: own && held ? held.lineage : newLineage(run.nonce(), hash, sentAtMs),
    own,
  }
}

/**
 * No write takes so long: the writer of a temporary file of that age is gone. A younger one may be
 * another host's of ours, where the gate keeps out only one host's processes.
 */
const abandonedMs = minuteMs

/** Ours and the client's, as far as they were abandoned. */
function sweepTemporaries(run: Run): void {
  const { loginFile, state } = run.paths
  const folder = dirname(loginFile)
  const prefix = `${basename(loginFile)}.tmp.`
  const isClients = (name: string) =>
    name.startsWith(prefix) && /^[0-9a-f]{8}$/.test(name.slice(prefix.length))
  const found = [
    ...namesIn(state).flatMap(name => (isTemporary(name) ? [join(state, name)] : [])),
    ...namesIn(folder).flatMap(name => (isClients(name) ? [join(folder, name)] : [])),
  ]
  for (const path of found) {
    const about = lstatSync(path, { throwIfNoEntry: false })
    // Marks get times of their own choosing.
    if (about && run.now() - about.ctimeMs > abandonedMs) removeAllQuietly(path)
  }
}

/** Asks the store only where it does not open, so that this is said while the login is still good. */
export async function noticeKey(run: Run): Promise<void> {
  const { key, memory, store } = run
  if (store === null) return
  const digest = key.keyDigest()
  if (digest !== null && digest === memory.keyDigest) return
  // On a full disk it still opens with the earlier key, and the next run tries again.
  const opens = await key.reseal().catch(unlessBug)
  if (opens && digest !== null) commit(run, { memory: { keyDigest: digest } })
  // With a shared document the sealed store is only a copy: the next write recreates it.
  if (opens === false && store.kind === 'local') await knownStore(run)
}
