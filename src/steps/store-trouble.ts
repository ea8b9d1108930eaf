// What keeps the store from being used: as it said in this run, kept for whoever looks without asking, and in words.

import type { Memory } from '../login/memory.js'
import { type Run, remember } from '../run.js'
import type { State } from '../state.js'
import type { StoreTrouble } from '../store/store.js'
import { isLongLivedShape } from './long-lived-facts.js'

/** Why the store, or the shared document behind the copy on this machine, could not be asked. */
export function awayOf({ asked, offline }: Run): StoreTrouble | null {
  if (asked?.kind === 'denied' || asked?.kind === 'unreachable') return asked
  return asked?.kind === 'current' && !offline ? asked.away : null
}

/** The trouble for a person, with what to type where that helps; null: none, or the store was not asked. */
export function storeTroubleWords(run: Run, state: State): string | null {
  const what = troubleOf(run)?.what ?? null
  if (what === null || !isRenewalLost(run, state)) return what
  return `${what.split('; type: ')[0]}; type: claude-auth login`
}

/**
 * Was the refresh token of the login in the file only in the local store, which does not open with our
 * own key any more? Then the login works until its token ends, and only a new sign-in helps.
 */
export function isRenewalLost({ asked, config, store }: Run, { file }: State): boolean {
  if (store?.kind !== 'local' || file.kind !== 'login' || isLongLivedShape(file.login)) return false
  if (file.login.refreshHash !== null) return false
  if (asked?.kind === 'denied') return config.local.keyFile === null
  return asked?.kind === 'empty' && asked.damaged !== undefined
}

/** Keeps it for whoever looks without asking. */
export function keepStoreTrouble(run: Run): void {
  if (run.asked === null || run.offline) return
  const storeTrouble = troubleOf(run)
  if (storeTrouble?.what !== run.memory.storeTrouble?.what) remember(run, { storeTrouble })
}

/** Is the store to be asked first? Somebody insists; or it was in trouble when last asked, and no launch waits. */
export function isStoreWanted({ store, forced, offline, actor, memory }: Run): boolean {
  if (store === null || forced) return store !== null
  const isWaitedFor = actor === 'launch' || actor === 'hook'
  return memory.storeTrouble !== null && !offline && !isWaitedFor
}

function troubleOf(run: Run): Memory['storeTrouble'] {
  const { asked } = run
  const away = awayOf(run)
  if (away) return away
  const damaged = asked?.kind === 'empty' ? asked.damaged : undefined
  return damaged === undefined ? null : { kind: 'empty', what: damaged }
}
