// The key of the sealed store has changed: what an earlier key opens is sealed anew, before the login in it is needed.

import { AuthError } from './host/error.js'
import { type Run, remember } from './run.js'
import { readStore } from './steps/read-store.js'

/** Asks the store only where it does not open, so that this is said while the login is still good. */
export async function noticeKey(run: Run): Promise<void> {
  const { key, memory, store } = run
  if (store === null) return
  const print = key.keyPrint()
  if (print !== null && print === memory.keyPrint) return
  const opens = await key.reseal().catch(unlessOurs)
  if (opens && print !== null) remember(run, { keyPrint: print })
  // Of a shared document the sealed store is a copy only: the next write makes it anew.
  if (opens === false && store.kind === 'local') run.asked ??= await readStore(run)
}

/** A full disk: it still opens with the earlier key, and the next run tries again. */
function unlessOurs(error: unknown): null {
  if (!(error instanceof AuthError)) throw error
  return null
}
