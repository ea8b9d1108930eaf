// Taking custody: the login file gives its refresh token up once that is safe in the sealed copy or the store.

import { tokenHash, withoutRefreshToken } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { note, type Run, remember } from '../run.js'
import type { Decision } from '../state.js'
import { look } from './look.js'
import { readStore } from './read-store.js'
import { holding, keepHere, saveToFile } from './save.js'

/**
 * Is the file's login safe in the sealed copy on this machine, whether the shared document can be
 * written or not? Only then may its refresh token leave the file before it is there.
 */
export async function isSafeHere(run: Run): Promise<boolean> {
  if (run.store?.keep == null) return false
  run.asked ??= await readStore(run)
  const { file, lineage, state } = look(run)
  if (file.kind !== 'login' || lineage === null) return false
  if (state.store.kind === 'current' && state.store.newer) return false
  return keepHere(run, file.login, lineage, 'store-behind')
}

/** Takes the refresh token out of the login file. The caller holds the client's refresh locks and has it safe. */
export async function takeCustody(run: Run, decision: Decision) {
  const { file, lineage } = look(run)
  if (file.kind !== 'login' || lineage === null) return
  const { login } = file
  const without = withoutRefreshToken(login)
  if (!(await saveToFile(run, without, now => now.contentHash === file.contentHash))) return
  const { held } = run.memory
  const same = held?.accessHash === tokenHash(login.accessToken)
  remember(run, {
    held: same
      ? { ...held, inFile: false }
      : holding(run, login, lineage, { renewedAtMs: null, inFile: false, ...firstSeen(file) }),
  })
  note(run, 'take-custody', decision.because, { after: lineage.chain.at(-1) ?? null })
}

/** The file's own time: nobody wrote the login later than that. */
function firstSeen({ mtimeMs }: LoginFile): { firstSeenMs?: number } {
  return mtimeMs === null ? {} : { firstSeenMs: mtimeMs }
}
