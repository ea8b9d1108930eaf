// Handling the reply of the token endpoint: a successor is saved, a refusal is remembered, anything else waits.

import { readTokenReply } from '../anthropic/login-server.js'
import { eraseAnswer, parentInAnswer, type RawAnswer } from '../login/answer.js'
import { tokenHash, withoutRefreshToken } from '../login/login.js'
import { readLoginFile } from '../login/login-file.js'
import { type Memory, readMemory, withMaybeSpent, withSpent } from '../login/memory.js'
import { backedOff } from '../policy/back-off.js'
import { AuthError } from '../system/trouble.js'
import { unknownErrorWords } from '../text/trouble.js'
import { commit, type Run } from './run.js'
import { saveToFile } from './save.js'
import { type Parent, saveRenewedLogin } from './save-renewed-login.js'

/** A whole answer, and when it came: its durations count from then. */
export interface TokenReply extends RawAnswer {
  retryAfterMs: number | null
  atMs: number
  /** It is on disk, where the next run finds it. */
  isKept: boolean
}

/**
 * Acts on a whole answer to the request that posted `parent`'s refresh token, then erases its
 * write-ahead copy. True when it brought a successor. Throws `login-unsaved`, with that copy left to
 * the next run, where the successor has no place.
 */
export async function handleTokenReply(
  run: Run,
  parent: Parent,
  answer: TokenReply,
  because: string,
): Promise<boolean> {
  const parentHash = parent.hash
  const outcome = readTokenReply(answer)
  switch (outcome.kind) {
    case 'rotated':
      await saveRenewedLogin(run, parent, outcome.grant, answer.atMs, because).catch(error => {
        if (!answer.isKept) knownAsPosted(run, parentHash)
        throw unsaved(error)
      })
      if (outcome.grant.isSuccessorUnusable) doubtParent(run, parentHash)
      break
    case 'refused':
      commit(run, { journal: { did: 'renew', because: 'refused', before: parentHash } })
      commit(run, { memory: { ...withSpent(run.memory, parentHash), backOff: null } })
      if (run.config.custody === 'sole') await stripped(run, parentHash)
      break
    case 'maybe-spent':
      handleLostReply(run, parentHash, outcome.what)
      break
    case 'answered-otherwise':
      commit(run, { memory: waiting(run, parentHash, outcome.retryAfterMs) })
      break
  }
  eraseAnswer(run.paths.answer)
  return outcome.kind === 'rotated'
}

/** The access token is good; the refresh token that stays in the login was likely rotated away for one that can't be used. */
function doubtParent(run: Run, parentHash: string) {
  const detail = 'the answer holds no usable refresh token'
  commit(run, { journal: { did: 'renew', because: 'maybe-spent', before: parentHash, detail } })
  commit(run, { memory: withMaybeSpent(run.memory, parentHash, run.now()) })
}

/** The answer is lost: records at least that the token was posted, if anything can be written. */
function knownAsPosted(run: Run, parentHash: string) {
  try {
    commit(run, { memory: withSpent(run.memory, parentHash) })
  } catch {
    // The header in the answer's place still says that a request was sent.
  }
}

/** The request was sent, and no whole usable answer came: the token may be spent. */
export function handleLostReply(run: Run, parentHash: string, what: string) {
  commit(run, {
    journal: { did: 'renew', because: 'maybe-spent', before: parentHash, detail: what },
  })
  const memory = withMaybeSpent(run.memory, parentHash, run.now())
  commit(run, { memory: { ...memory, ...waiting({ ...run, memory }, parentHash, null) } })
}

/** The back-off of a refresh token after one more failed try. */
export function waiting(
  run: Pick<Run, 'memory' | 'now' | 'random'>,
  hash: string,
  retryAfterMs: number | null,
): Pick<Memory, 'backOff'> {
  const { backOff } = run.memory
  const before = backOff?.hash === hash ? backOff : null
  return { backOff: { hash, ...backedOff(before, retryAfterMs, run.now(), run.random()) } }
}

/** Sole custody: a refused refresh token leaves the file too, or a client would post it once more. */
async function stripped(run: Run, hash: string) {
  const file = readLoginFile(run.paths.loginFile, run.person.uid)
  const token = file.kind === 'login' ? file.login.refreshToken : null
  if (file.kind !== 'login' || token === null || tokenHash(token) !== hash) return
  const login = withoutRefreshToken(file.login)
  await saveToFile(run, login, now => now.contentHash === file.contentHash)
}

/** A successor was granted and could not be saved: no client may start on the login that it replaces. */
export function isUnsaved(error: unknown): error is AuthError {
  return error instanceof AuthError && error.code === 'login-unsaved'
}

/** `login-unsaved` for what kept a successor from being saved, with that error's hint. */
function unsaved(error: unknown): AuthError {
  if (error instanceof AuthError && ['login-closed', 'login-unsaved'].includes(error.code))
    return error
  const known = error instanceof AuthError
  const why = known ? error.message : unknownErrorWords(error)
  return new AuthError('login-unsaved', `the renewed login could not be saved: ${why}`, {
    ...(known ? { hint: error.hint } : {}),
  })
}

/** The same for a later run that has the successor at hand, in the store; other errors stay as they are. */
export function asUnsaved(run: Run, error: unknown): unknown {
  const isOurs = error instanceof AuthError && ['write-failed', 'lock-busy'].includes(error.code)
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored.login : null
  const { spent } = run.memory
  if (!isOurs || !stored?.refreshToken || spent.includes(tokenHash(stored.refreshToken)))
    return error
  const hash = refreshHashIn(run)
  return hash !== null && spent.includes(hash) ? unsaved(error) : error
}

/** Does the login file hold a refresh token that is known to be spent? */
export function holdsSpent(place: Pick<Run, 'paths' | 'person'>): boolean {
  const hash = refreshHashIn(place)
  if (hash === null) return false
  return (
    parentInAnswer(place.paths.answer) === hash ||
    readMemory(place.paths.stateFile, { orEmpty: true }).spent.includes(hash)
  )
}

function refreshHashIn({ paths, person }: Pick<Run, 'paths' | 'person'>): string | null {
  const file = readLoginFile(paths.loginFile, person.uid)
  const token = file.kind === 'login' ? file.login.refreshToken : null
  return token === null ? null : tokenHash(token)
}
