// Reading the store and learning from it: other hosts, how their renewals ended, the long-lived token, and trouble with the store.

import { tokenHash } from '../login/login.js'
import { type Memory, withMaybeSpent, withSpent } from '../login/memory.js'
import { isRightIdentity } from '../policy/identity.js'
import { isLongLivedShape } from '../policy/long-lived.js'
import type { LongLivedFacts, LongLivedToken, State } from '../policy/state.js'
import { type Intent, othersSeenAtMs, type StoredLogin } from '../store/document.js'
import { fromHere, type StoreRead, type StoreTrouble } from '../store/store.js'
import { dayMs, minuteMs } from '../system/time.js'
import type { Trouble } from '../system/trouble.js'
import { troubleText } from '../text/trouble.js'
import {
  detectLiveCopy,
  dueHeartbeat,
  instanceName,
  isContested,
  uncontested,
} from './copied-machine.js'
import { commit, type Run } from './run.js'

/** An announced renewal is over after this, whether its host lived to say so or not (ms, by the server's clock). */
export const intentLifeMs = minuteMs

/** What the store said in this run; it is asked if it was not yet. */
export async function knownStore(run: Run): Promise<NonNullable<Run['storeRead']>> {
  return run.storeRead ?? readStore(run)
}

/** Asks the store; what it says is the run's `storeRead` from now on. */
export async function readStore(run: Run): Promise<StoreRead> {
  const read = owned(run, (await run.store?.read()) ?? { kind: 'empty', version: 0 })
  commit(run, { learned: { storeRead: read } })
  commitToken(run, read)
  if (!run.store?.isRemote) return read
  const { isShared } = run.store
  if (read.kind === 'empty' && isShared) commit(run, { memory: { lookedAtMs: run.now() } })
  if (read.kind !== 'current' || read.away !== null) return read
  detectLiveCopy(run, read.stored.hosts)
  const { formerNames } = run.memory.instance ?? {}
  const seenAtMs = othersSeenAtMs(read.stored.hosts, instanceName(run), run.now(), formerNames)
  if (isShared)
    commit(run, {
      memory: {
        ...uncontested(run.memory),
        othersSeenAtMs: seenAtMs,
        lookedAtMs: run.now(),
      },
    })
  else if (seenAtMs !== run.memory.othersSeenAtMs)
    commit(run, { memory: { othersSeenAtMs: seenAtMs } })
  const { intent } = read.stored
  if (intent && isOver(intent, read.ageMs)) learn(run, intent)
  return read
}

/** After this other hosts may have joined unseen; long enough that a server that is away over a weekend ends no login. */
const aloneMs = 3 * dayMs

/**
 * Could another host post the same refresh token while the document can't be asked? Not where it was
 * seen lately that no other host uses it, and this machine has not become a possible copy of another since;
 * not where the document was never reached from here, so that what we hold
 * was never put there; and where a client has the token in plain text, holding back would only leave it to that one.
 */
export function mayBeUsedByOthers({ memory, store, now }: Run, isInFile: boolean): boolean {
  if (!store?.isRemote) return false
  const { othersSeenAtMs, lookedAtMs, stored, held } = memory
  if (othersSeenAtMs !== null) return true
  if (!store.isShared) return false
  if (isContested(memory)) return !isInFile
  const wasNeverThere = held !== null && lookedAtMs === null && stored === null
  if (wasNeverThere) return false
  const isKnown = lookedAtMs !== null && Math.abs(now() - lookedAtMs) < aloneMs
  return !isKnown && !isInFile
}

/** If the document's login is known to be another user's, the copy on this machine is used. */
function owned(run: Run, read: StoreRead): StoreRead {
  if (read.kind !== 'current' || !read.behind?.login || read.stored.login === null) return read
  if (!isForeign(run, read.stored)) return read
  return fromHere(read.behind, read.stored, read.version, read.ageMs)
}

/** Is its refresh token certainly no longer being posted? */
export function isOver(intent: Intent, ageMs: number | null): boolean {
  return intent.ended !== null || (ageMs !== null && ageMs >= intentLifeMs)
}

/** What another host found out about a refresh token holds for us too; our own outcomes we know. */
function learn(run: Run, { id, parent, ended, by }: Intent) {
  const { intentId, doubtedId, spent } = run.memory
  if (id === intentId || spent.includes(parent)) return
  if (id === doubtedId && ended !== 'refused') return
  const memory =
    ended === 'refused'
      ? withSpent(run.memory, parent)
      : withMaybeSpent(run.memory, parent, run.now())
  commit(run, {
    memory: { ...memory, doubtedId: id },
    journal: { did: 'renew', because: ended ?? 'maybe-spent', before: parent, detail: `by ${by}` },
  })
}

/** Registers this host in the shared document, so that the others know. A failure is retried by a later run. */
export async function register(run: Run): Promise<void> {
  const { storeRead, store } = run
  if (!store?.isRemote || storeRead?.kind !== 'current' || storeRead.isCached) return
  if (storeRead.stored.login === null || run.offline || run.config.mode !== 'on') return
  const keys = dueHeartbeat(run, storeRead.stored.hosts)
  if (keys === null) return
  const outcome = await store.change(
    { ...keys, claude_auth_write_id: run.nonce() },
    storeRead.version,
  )
  if (outcome.kind === 'written')
    commit(run, { learned: { storeRead: { ...storeRead, version: outcome.version } } })
}

/** Known to be another user's: it is never better than ours. */
export function isForeign({ memory, config }: Run, { login, identity }: StoredLogin): boolean {
  if (login === null) return false
  const { verifiedCopy, pinned } = memory
  const isChecked =
    verifiedCopy?.kind === 'accepted' && verifiedCopy.accessHash === tokenHash(login.accessToken)
  const whose = isChecked ? verifiedCopy.identity : identity
  return whose !== null && !isRightIdentity(whose, config.identity, pinned)
}

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

/** Remembers what the store said of the long-lived token; without `credential: long-lived` a token there is left alone. */
function commitToken(run: Run, read: StoreRead): void {
  const said = saidOf(read)
  const { longLived } = run.memory
  if (said === null || (run.config.credential !== 'long-lived' && longLived === null)) return
  const placed = longLived?.placed ?? null
  commit(run, { memory: { longLived: { askedAtMs: run.now(), token: said.token, placed } } })
}

/** Null: the document could not be asked. */
function saidOf(read: StoreRead): { token: LongLivedToken | null } | null {
  if (read.kind === 'empty') return read.damaged === undefined ? { token: null } : null
  if (read.kind !== 'current' || read.away !== null) return null
  const { setupToken } = read.stored
  if (setupToken === null) return { token: null }
  const { token, endsAtMs } = setupToken
  return { token: { accessHash: tokenHash(token), endsAtMs } }
}

/** Why the store, or the shared document behind the copy on this machine, could not be asked. */
export function awayOf({ storeRead, offline }: Run): StoreTrouble | null {
  if (storeRead?.kind === 'denied' || storeRead?.kind === 'unreachable') return storeRead
  return storeRead?.kind === 'current' && !offline ? storeRead.away : null
}

/** The trouble for a person, with what helps; null: none, or the store was not asked. */
export function storeTroubleFor(run: Run, state: State): Trouble | null {
  const trouble = troubleOf(run)?.trouble ?? null
  if (trouble === null || !isRenewalLost(run, state)) return trouble
  return { ...trouble, command: 'claude-auth login' }
}

/**
 * Was the refresh token of the login in the file only in the local store, which does not open with our
 * own key any more? What may not be read (its owner or rights) is not lost. Then the login works until its token ends, and only a new sign-in helps.
 */
export function isRenewalLost({ storeRead, config, store }: Run, { file }: State): boolean {
  if (store === null || store.isRemote) return false
  if (file.kind !== 'login' || isLongLivedShape(file.login)) return false
  if (file.login.refreshHash !== null) return false
  if (storeRead?.kind === 'denied')
    return storeRead.isLost === true && config.local.keyFile === null
  return storeRead?.kind === 'empty' && storeRead.damaged !== undefined
}

/** Keeps it for commands that do not ask the store. */
export function keepStoreTrouble(run: Run): void {
  if (run.storeRead === null || run.offline) return
  const storeTrouble = troubleOf(run)
  if (textOf(storeTrouble) !== textOf(run.memory.storeTrouble))
    commit(run, { memory: { storeTrouble } })
}

/** Is the store to be asked first? Yes with `--force`, and after trouble with it while no launch waits. */
export function isStoreWanted({ store, forced, offline, actor, memory }: Run): boolean {
  if (store === null || forced) return store !== null
  const isWaitedFor = actor === 'launch' || actor === 'hook'
  return memory.storeTrouble !== null && !offline && !isWaitedFor
}

function textOf(found: Memory['storeTrouble']): string {
  return found === null ? '' : troubleText(found.trouble)
}

function troubleOf(run: Run): Memory['storeTrouble'] {
  const { storeRead } = run
  const away = awayOf(run)
  if (away) return away
  const damaged = storeRead?.kind === 'empty' ? storeRead.damaged : undefined
  return damaged === undefined ? null : { kind: 'empty', trouble: damaged }
}
