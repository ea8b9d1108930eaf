// Taking the stored login out of use after a log-out, so that nobody restores it.

import { newLineage } from '../login/lineage.js'
import { tokenHash } from '../login/login.js'
import { withSpent } from '../login/memory.js'
import { note, type Run, remember } from '../run.js'
import { endAtServer, owe } from './owed-revocations.js'
import { readStore } from './read-store.js'

/** Revokes the stored refresh token at the server (the client can't, in sole custody) and takes it out of the store. */
export async function signOutStored(run: Run): Promise<void> {
  const { signedOut } = run.memory
  if (!signedOut || run.store === null || run.offline) return
  run.asked ??= await readStore(run)
  if (run.asked.kind !== 'current') return
  const { stored, version } = run.asked
  const token = stored.login?.refreshToken ?? null
  const hash = token === null ? null : tokenHash(token)
  const isRelated = stored.lineage?.chain.some(each => signedOut.chain.includes(each)) ?? false
  const isTheirs = hash === null || isRelated || signedOut.chain.includes(hash)
  if (isTheirs && stored.signedOutAtMs === null) {
    // A token that is spent has ended already.
    if (token !== null && hash !== null && !run.memory.spent.includes(hash)) {
      const owed = { token, hint: 'refresh_token', sinceMs: signedOut.atMs } as const
      await owe(run, await endAtServer(run, [owed]))
    }
    if (hash !== null) remember(run, withSpent(run.memory, hash))
    const source = `${run.person.user}@${run.person.host} sign-out`
    const signedOutAtMs = run.now()
    const without = {
      ...stored,
      login: null,
      // A document from before has no pedigree: other hosts know by it what was logged out.
      lineage: stored.lineage ?? { ...newLineage(run.nonce(), null, 0), chain: signedOut.chain },
      signedOutAtMs,
      source,
      writeId: run.nonce(),
    }
    const outcome = await run.store.write(without, version)
    if (outcome.kind !== 'written') return
    run.asked = { ...run.asked, stored: without, version: outcome.version, isCached: false }
    note(run, 'sign-out', 'signed-out', { before: hash })
  }
  remember(run, { signedOut: { ...signedOut, inStore: true }, stored: null, pending: null })
}
