// Log-outs, here or on another host: noticing one, and noticing the sign-in that ends it.

import { existsSync, statSync } from 'node:fs'
import { clientAccount } from '../login/client-config.js'
import { storageWaitMs, withStorageLock } from '../login/client-locks.js'
import { relation } from '../login/lineage.js'
import { tokenHash } from '../login/login.js'
import { type LoginFile, withLogin, writeLoginFile } from '../login/login-file.js'
import type { SignedOut } from '../login/memory.js'
import { atomicWrite, removeQuietly } from '../system/write-file.js'
import { type Observation, reread, rereadFile } from './observe.js'
import { commit, type Run } from './run.js'
import { signOutStored } from './sign-out.js'

/**
 * Brings the memory in line with the log-out mark: the mark (made by the wrapper, a hook or a command
 * before the client logs out, or here when the login vanished together with the client's account)
 * is what counts; a login in the file that is none of those logged out takes it away. A run that is
 * `readOnly` changes neither file, mark nor store. Gives the facts as they are then.
 */
export async function noticeLogOut(run: Run, seen: Observation): Promise<Observation> {
  const { memory, storeRead } = run
  await followMark(run, seen)
  return run.memory === memory && run.storeRead === storeRead ? seen : reread(run)
}

async function followMark(run: Run, seen: Observation): Promise<void> {
  // Whether the user has signed in since is unknown while the file can't be read.
  if (seen.file.kind === 'closed') return
  commitAccount(run, seen)
  const hasVanished = isVanished(run, seen.file)
  if (hasVanished) {
    if (!run.readOnly) atomicWrite(run.paths.signedOut, '', { nonce: run.nonce() })
    commit(run, {
      journal: {
        did: 'sign-out',
        because: 'vanished',
        before: run.memory.held?.refreshHash ?? null,
      },
    })
  }
  const isOutElsewhere = isSignedOutElsewhere(run, seen)
  if (isOutElsewhere) await signOutHere(run, seen)
  const fileNow = isOutElsewhere ? rereadFile(run) : seen.file
  const { signedOut } = run.memory
  if (!hasVanished && !existsSync(run.paths.signedOut)) {
    if (signedOut && (!signedOut.elsewhere || isSignedInAgain(run, signedOut, fileNow))) {
      commit(run, {
        memory: signedOut.elsewhere ? { signedOut: null, held: null } : { signedOut: null },
      })
      if (signedOut.elsewhere) commit(run, { journal: { did: 'signed-in', because: 'elsewhere' } })
    }
    return
  }
  const current = signedOut ?? { atMs: run.now(), chain: chainOf(run, seen), inStore: false }
  const { file } = seen.state
  const hash = file.kind === 'login' ? (file.login.refreshHash ?? file.login.accessHash) : null
  if (hash !== null && !current.chain.includes(hash)) {
    if (!run.readOnly) removeQuietly(run.paths.signedOut)
    // A sign-in after a log-out starts a new lineage, even if nothing else in the login shows it.
    commit(run, {
      memory: { signedOut: null, verification: null, held: null },
      journal: { did: 'signed-in', because: 'after-sign-out', after: hash },
    })
    return
  }
  if (!signedOut) commit(run, { memory: { signedOut: current } })
  if (hash === null && !current.inStore && !run.readOnly) await signOutStored(run)
}

/** After a log-out elsewhere: the user has signed in, here or there. */
function isSignedInAgain(run: Run, { chain }: SignedOut, file: LoginFile): boolean {
  const stored =
    run.storeRead?.kind === 'current' && !run.storeRead.isCached ? run.storeRead.stored : null
  if (stored?.setupToken && stored.signedOutAtMs === null && isLongLived(run)) return true
  const logins = [file.kind === 'login' ? file.login : null, stored?.login ?? null]
  return logins.some(login => {
    const hash = login && tokenHash(login.refreshToken ?? login.accessToken)
    return hash !== null && !chain.includes(hash)
  })
}

function isLongLived({ config }: Run): boolean {
  return config.credential === 'long-lived'
}

/** Is a log-out under way? To be checked again, with the file as it is, before a login is written. */
export function isLoggedOut(run: Run, file: LoginFile): boolean {
  return run.memory.signedOut !== null || existsSync(run.paths.signedOut) || isVanished(run, file)
}

/**
 * The client's own log-out clears its account; a login that was merely lost leaves it there. A config
 * that is gone, torn, or not the one that named the account says nothing.
 */
function isVanished(run: Run, file: LoginFile): boolean {
  const { account } = run.memory
  if (file.kind !== 'missing' || !account?.named) return false
  if (account.path !== run.paths.clientConfig || existsSync(run.paths.signedOut)) return false
  return clientAccount(run.paths.clientConfig).kind === 'none'
}

/** Looks into the client's config only when it has changed: it grows with the client's use. */
function commitAccount(run: Run, { file }: Observation) {
  if (file.kind !== 'login') return
  const path = run.paths.clientConfig
  const about = statSync(path, { throwIfNoEntry: false })
  const version = about ? `${about.ino} ${about.size} ${about.mtimeMs}` : ''
  const { account } = run.memory
  if (account?.path === path && account.version === version) return
  const { kind } = clientAccount(path)
  // It is just being written: the next run will tell.
  if (kind === 'unknown') return
  const named = kind === 'named'
  if (account?.named !== named || account.path !== path)
    commit(run, { memory: { account: { path, version, named } } })
  else commit(run, { unsaved: { account: { path, version, named } } })
}

/** All that was logged out: what we held, and what the file held when the mark was made. */
function chainOf(run: Run, { state }: Observation): string[] {
  const { held } = run.memory
  const { file } = state
  const isOlder = file.kind === 'login' && changedBefore(run.paths.loginFile, run.paths.signedOut)
  const inFile = isOlder ? [file.login.accessHash, file.login.refreshHash] : []
  const placed = run.memory.longLived?.placed?.accessHash
  const known = [...(held?.lineage.chain ?? []), held?.accessHash, placed, ...inFile]
  return [...new Set(known.filter(hash => typeof hash === 'string'))]
}

/** By the time of the last change of any kind (ctime), which can't be set back. */
function changedBefore(path: string, mark: string): boolean {
  const about = statSync(path, { throwIfNoEntry: false })
  const made = statSync(mark, { throwIfNoEntry: false })
  return about !== undefined && made !== undefined && about.ctimeMs <= made.mtimeMs
}

/** Has the login that this host uses been logged out in the shared document? */
export function isSignedOutElsewhere(
  { storeRead, memory, store }: Run,
  { file }: Observation,
): boolean {
  if (store?.isShared !== true || storeRead?.kind !== 'current' || storeRead.isCached) return false
  const { signedOutAtMs, login, lineage } = storeRead.stored
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
async function signOutHere(run: Run, { file }: Observation): Promise<void> {
  const { held } = run.memory
  if (held === null) return
  const placed = run.memory.longLived?.placed
  const chain = [...held.lineage.chain, held.accessHash, ...(placed ? [placed.accessHash] : [])]
  commit(run, { memory: { signedOut: { atMs: run.now(), chain, inStore: true, elsewhere: true } } })
  if (run.readOnly) return
  // Nor may it come back from the copy on this machine.
  if (run.storeRead?.kind === 'current') await run.store?.keep?.(run.storeRead.stored)
  await withStorageLock(run.locks, storageWaitMs, () => {
    const now = rereadFile(run)
    if (now.kind !== 'login' || now.contentHash !== file.contentHash) return
    writeLoginFile(run.paths.loginFile, withLogin(now.bytes, null), run.nonce())
  })
  commit(run, { journal: { did: 'sign-out', because: 'elsewhere', before: held.refreshHash } })
}
