// A log-out on another host of a shared document: it holds here too.

import { storageWaitMs, withStorageLock } from '../login/client-locks.js'
import { relation } from '../login/lineage.js'
import { tokenHash } from '../login/login.js'
import { readLoginFile, withLogin, writeLoginFile } from '../login/login-file.js'
import { note, type Run, remember } from '../run.js'
import type { Seen } from './look.js'

/** Has the login that this host uses been logged out in the shared document? */
export function isSignedOutElsewhere({ asked, memory, store }: Run, { file }: Seen): boolean {
  if (store?.isShared !== true || asked?.kind !== 'current' || asked.isCached) return false
  const { signedOutAtMs, login, lineage } = asked.stored
  const { held, signedOut } = memory
  if (signedOutAtMs === null || login !== null || lineage === null || held === null) return false
  if (signedOut !== null) return false
  // A client whose login was ended by the log-out may have blanked it since.
  const inFile = file.kind === 'login' ? tokenHash(file.login.accessToken) : held.accessHash
  const isHeld = inFile === held.accessHash || inFile === memory.longLived?.placed?.accessHash
  if (!isHeld) return false
  const related = relation(held.lineage, lineage)
  // What came after the one logged out, and not by our own renewal, may well be a sign-in.
  if (related === 'mine-newer') return held.renewedAtMs !== null
  return related !== 'unrelated' || lineage.chain.some(hash => held.lineage.chain.includes(hash))
}

/** Takes the login out of the file, and remembers what may not come back. Other people's bytes stay. */
export async function signOutHere(run: Run, { file }: Seen): Promise<void> {
  const { held } = run.memory
  if (held === null) return
  const placed = run.memory.longLived?.placed
  const chain = [...held.lineage.chain, held.accessHash, ...(placed ? [placed.accessHash] : [])]
  remember(run, { signedOut: { atMs: run.now(), chain, inStore: true, elsewhere: true } })
  if (run.readOnly) return
  // Nor may it come back from the copy on this machine.
  if (run.asked?.kind === 'current') await run.store?.keep?.(run.asked.stored)
  await withStorageLock(run.locks, storageWaitMs, () => {
    const now = readLoginFile(run.paths.loginFile, run.person.uid)
    if (now.kind !== 'login' || now.contentHash !== file.contentHash) return
    writeLoginFile(run.paths.loginFile, withLogin(now.bytes, null), run.nonce())
  })
  note(run, 'sign-out', 'elsewhere', { before: held.refreshHash })
}
