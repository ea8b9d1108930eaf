// Taking custody: whether the refresh token may leave the login file (our program starts here and reaches the server), and doing it.

import { reach } from '../anthropic/profile.js'
import { tokenHash, withoutRefreshToken } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import type { Decision } from '../policy/state.js'
import { whyNoneStarts } from '../system/program-places.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { networkTrouble } from '../text/trouble.js'
import { besideStore, type Observation, reread } from './observe.js'
import { commit, type Run } from './run.js'
import { holding, keepHere, saveToFile } from './save.js'

const reachLimitMs = 5_000

/**
 * May the refresh token of the login with `accessHash` leave the file? The server counts as reached where it issued this
 * login to us, or accepted it at the same address; else it is asked, without a credential. Why not is left in
 * `custodyTrouble`.
 */
export async function isServed(run: Run, accessHash: string | null): Promise<boolean> {
  if (!isProgramStarted(run)) return false
  const { held, verification } = run.memory
  const { oauth, api } = run.config.endpoints
  if (held?.accessHash === accessHash && held?.renewedAtMs != null) return true
  const isAccepted = verification?.kind === 'accepted' && verification.accessHash === accessHash
  if (isAccepted && oauth === api) return true
  if (run.offline) return false
  const found = await reach(run.network, oauth, reachLimitMs)
  if (found.kind === 'reached') return true
  if (found.tls) commit(run, { learned: { tlsTrouble: networkTrouble(found.what) } })
  const why = makeTrouble(`${oauth} is not reached`, { place: found.what })
  commit(run, { learned: { custodyTrouble: stays(why) } })
  return false
}

/** Can hooks, wrapper or timer start what is installed for this user? */
export function isProgramStarted(run: Run): boolean {
  const why = whyNoneStarts(run.person.home, run.env)
  if (why !== null) commit(run, { learned: { custodyTrouble: stays(why) } })
  return why === null
}

function stays(why: Trouble): Trouble {
  return { ...why, cause: `the refresh token stays in the login file: ${why.cause}` }
}

/**
 * Is the file's login safe in the sealed copy on this machine, whether the shared document can be
 * written or not? Only then may its refresh token leave the file before it is there.
 */
export async function isSafeHere(run: Run, seen: Observation): Promise<boolean> {
  if (run.store?.keep == null) return false
  const { file, lineage, state } = await besideStore(run, seen)
  if (file.kind !== 'login' || lineage === null) return false
  if (state.store.kind === 'current' && state.store.newer) return false
  return keepHere(run, file.login, lineage, 'store-behind')
}

/** Takes the refresh token out of the login file. The caller holds the client's refresh locks and has it safe. */
export async function takeCustody(run: Run, decision: Decision) {
  const { file, lineage } = reread(run)
  if (file.kind !== 'login' || lineage === null) return
  const { login } = file
  // Another login than the one that is safe: its refresh token is nowhere else.
  if (tokenHash(login.accessToken) !== decision.about) return
  const without = withoutRefreshToken(login)
  if (!(await saveToFile(run, without, now => now.contentHash === file.contentHash))) return
  const { held } = run.memory
  const same = held?.accessHash === tokenHash(login.accessToken)
  commit(run, {
    memory: {
      held: same
        ? { ...held, inFile: false }
        : holding(run, login, lineage, { renewedAtMs: null, inFile: false, ...firstSeen(file) }),
    },
    journal: {
      did: 'take-custody',
      because: decision.because,
      after: lineage.chain.at(-1) ?? null,
    },
  })
}

/** The file's mtime: the login is at least that old. */
function firstSeen({ mtimeMs }: LoginFile): { firstSeenMs?: number } {
  return mtimeMs === null ? {} : { firstSeenMs: mtimeMs }
}
