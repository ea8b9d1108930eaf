// The long-lived token of the document as facts for a decision, and what is remembered of it between runs.

import { tokenHash } from '../login/login.js'
import type { LoginFacts, LongLivedFacts, LongLivedToken, State } from '../policy/state.js'
import type { StoreRead } from '../store/store.js'
import { commit, type Run } from './run.js'

/** What the store said in this run counts more than what is remembered. */
export function longLivedFacts({ storeRead, config, memory, store }: Run): LongLivedFacts {
  const known = memory.longLived
  const said = storeRead === null ? null : saidOf(storeRead)
  const isSignedOut = storeRead?.kind === 'current' && storeRead.stored.signedOutAtMs !== null
  return {
    wanted: config.credential === 'long-lived' && store !== null,
    token: said ? said.token : (known?.token ?? null),
    placed: known?.placed ?? null,
    atHand: said !== null && said.token !== null && !isSignedOut,
    askedAtMs: known?.askedAtMs ?? null,
  }
}

/** Remembers what the store said, where that is of use: without the setting a token there is left alone. */
export function rememberToken(run: Run, read: StoreRead): void {
  const said = saidOf(read)
  const { longLived } = run.memory
  if (said === null || (run.config.credential !== 'long-lived' && longLived === null)) return
  const placed = longLived?.placed ?? null
  commit(run, { memory: { longLived: { askedAtMs: run.now(), token: said.token, placed } } })
}

/** Is it a long-lived token of ours that is in the file? Then with its recorded end. */
export function ourLongLived({ file, longLived }: State): LongLivedToken | null {
  if (file.kind !== 'login' || !isLongLivedShape(file.login)) return null
  const { accessHash } = file.login
  const known = [longLived.token, longLived.placed]
  return known.find(each => each?.accessHash === accessHash) ?? null
}

/** What a person has to type where a sign-in is needed. */
export function signInCommand(state: State, nowMs: number): string {
  return `claude-auth login${isLongLivedNeeded(state, nowMs) ? ' --long-lived' : ''}`
}

/** Would a new long-lived token be the answer to a decision for `login-ended`, or to an early warning? */
export function isLongLivedNeeded({ longLived, file }: State, nowMs: number): boolean {
  const { wanted, token } = longLived
  if (!wanted || token === null) return false
  const isInFile = file.kind === 'login' && file.login.accessHash === token.accessHash
  return isInFile || (token.endsAtMs !== null && token.endsAtMs <= nowMs)
}

/** Neither a refresh token nor an end. */
export function isLongLivedShape({ refreshHash, expiresAtMs }: LoginFacts): boolean {
  return refreshHash === null && expiresAtMs === null
}

/** Null: the document could not be asked, so that nobody knows. */
function saidOf(read: StoreRead): { token: LongLivedToken | null } | null {
  if (read.kind === 'empty') return read.damaged === undefined ? { token: null } : null
  if (read.kind !== 'current' || read.away !== null) return null
  const { setupToken } = read.stored
  if (setupToken === null) return { token: null }
  const { token, endsAtMs } = setupToken
  return { token: { accessHash: tokenHash(token), endsAtMs } }
}
