// Recovering: an answer of the token endpoint that an earlier, killed run left behind is installed first.

import { eraseAnswer, type FoundAnswer, findAnswer } from '../login/answer.js'
import { withRefreshLocks, withRenewalLock } from '../login/client-locks.js'
import { releaseLeftLocks } from '../login/left-locks.js'
import { newLineage } from '../login/lineage.js'
import { othersAtWork } from '../login/lock-record.js'
import { readMemory } from '../login/read-memory.js'
import { note, type Run } from '../run.js'
import type { Parent } from './install.js'
import { look } from './look.js'
import { readStore } from './read-store.js'
import { findParent, locksWaitMs, plainSealer } from './renew.js'
import { settle, settleLost } from './settle.js'
import { sweepTemporaries } from './sweep.js'

/**
 * Installs what a killed run received, or remembers that its request may have spent the token; under
 * the client's refresh locks, as a client may be waiting for the dead run's to refresh by itself.
 */
export async function recover(run: Run): Promise<void> {
  const { answer: path } = run.paths
  const sealer = {
    seal: plainSealer.seal,
    open: async (bytes: Buffer) => (await run.sealer()).open(bytes),
  }
  const found = await findAnswer(path, sealer)
  // What another host is renewing this moment, whom the gate does not keep out, is waited for and then gone.
  if (found.kind !== 'none')
    await withRefreshLocks(run.locks, locksWaitMs, () =>
      withRenewalLock(run.locks, locksWaitMs, async () => {
        const still = await findAnswer(path, sealer)
        run.memory = readMemory(run.paths.stateFile)
        if (still.kind !== 'none') await settleFound(run, still)
      }),
    )
  releaseLeftLocks(run.locks)
  if (!othersAtWork(run.locks.state, run.locks.process)) sweepTemporaries(run)
}

async function settleFound(run: Run, found: Exclude<FoundAnswer, { kind: 'none' }>) {
  const { answer: path } = run.paths
  const { parentHash, sentAtMs } = found.header
  if (run.memory.spent.includes(parentHash)) {
    // Killed after the successor was saved and remembered: only the erasing was left to do.
    eraseAnswer(path)
    return
  }
  if (found.kind === 'sent') {
    settleLost(run, parentHash, 'a run ended before the answer came')
    eraseAnswer(path)
    return
  }
  note(run, 'recover', 'killed', { before: parentHash })
  const parent = (await parentOf(run, parentHash)) ?? unknownParent(run, parentHash, sentAtMs)
  const answer = { ...found.answer, retryAfterMs: null, atMs: sentAtMs, isKept: true }
  await settle(run, parent, answer, 'recovered')
}

async function parentOf(run: Run, hash: string): Promise<Parent | null> {
  const seen = look(run)
  run.asked ??= await readStore(run)
  return findParent(run, seen, hash)
}

/**
 * The parent is gone (blanked, deleted, or replaced by this very successor): its pedigree may still be
 * known, and what the client keeps beside the tokens. Its access token is not: nothing in the file may
 * be taken for the parent's.
 */
function unknownParent(run: Run, hash: string, sentAtMs: number): Parent {
  const { held } = run.memory
  const own = held?.lineage.chain.includes(hash) ?? false
  const stored = run.asked?.kind === 'current' ? run.asked.stored.login : null
  const { file } = look(run)
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
