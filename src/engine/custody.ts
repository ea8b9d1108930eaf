// May custody be taken here? Only where nobody is left with a login that nobody renews: our program starts where it is installed, and reaches the server that renews.

import { reach } from '../anthropic/profile.js'
import { whyNoneStarts } from '../system/program-places.js'
import { tlsWords } from '../text/trouble.js'
import { commit, type Run } from './run.js'

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
  if (found.tls) commit(run, { learned: { tlsTrouble: tlsWords(found.what) } })
  commit(run, { learned: { custodyTrouble: stays(`${oauth} is not reached (${found.what})`) } })
  return false
}

/** Can hooks, wrapper or timer start what is installed for this user? */
export function isProgramStarted(run: Run): boolean {
  const why = whyNoneStarts(run.person.home, run.env)
  if (why !== null) commit(run, { learned: { custodyTrouble: stays(why) } })
  return why === null
}

function stays(why: string): string {
  return `the refresh token stays in the login file: ${why}`
}
