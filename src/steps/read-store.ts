// Asking the store, and taking in what a shared document tells beside the login: other hosts, and how their renewals ended.

import { withMaybeSpent, withSpent } from '../login/memory.js'
import { note, type Run, remember } from '../run.js'
import { othersSeenAtMs, registered } from '../store/hosts.js'
import type { Intent } from '../store/intent.js'
import type { StoreRead } from '../store/store.js'
import { fromHere } from '../store/vault-store.js'
import { rememberToken } from './long-lived-facts.js'
import { isForeign } from './store-facts.js'

/** An announced renewal is over after this, whether its host lived to say so or not (ms, by the server's clock). */
export const intentLifeMs = 60_000

/** Reads the store into `run.asked`. */
export async function readStore(run: Run): Promise<StoreRead> {
  const read = owned(run, (await run.store?.read()) ?? { kind: 'empty', version: 0 })
  run.asked = read
  rememberToken(run, read)
  if (run.store?.isShared !== true) return read
  if (read.kind === 'empty') remember(run, { lookedAtMs: run.now() })
  if (read.kind !== 'current' || read.away !== null) return read
  const seenAtMs = othersSeenAtMs(read.stored.hosts, run.instance, run.now())
  remember(run, { othersSeenAtMs: seenAtMs, lookedAtMs: run.now() })
  const { intent } = read.stored
  if (intent && isOver(intent, read.ageMs)) learn(run, intent)
  return read
}

/** Who was alone so long ago may not be alone any more; a Vault that is away over a weekend ends no login. */
const aloneMs = 3 * 24 * 3_600_000

/**
 * Could another host post the same refresh token while the document can't be asked? Not where it was
 * seen lately that nobody else uses it; not where the document was never reached from here, so that what we hold
 * was never put there; and where a client has the token in plain text, holding back would only leave it to that one.
 */
export function mayBeUsedByOthers({ memory, store, now }: Run, isInFile: boolean): boolean {
  if (store?.isShared !== true) return false
  const { othersSeenAtMs, lookedAtMs, stored, held } = memory
  if (othersSeenAtMs !== null) return true
  const wasNeverThere = held !== null && lookedAtMs === null && stored === null
  if (wasNeverThere) return false
  const isKnown = lookedAtMs !== null && Math.abs(now() - lookedAtMs) < aloneMs
  return !isKnown && !isInFile
}

/** Known to be a stranger's, the document's login makes room for the copy on this machine. */
function owned(run: Run, read: StoreRead): StoreRead {
  if (read.kind !== 'current' || !read.behind?.login || read.stored.login === null) return read
  if (!isForeign(run, read.stored)) return read
  return fromHere(read.behind, read.stored, read.version, read.ageMs)
}

/** Is nobody posting its refresh token any more? */
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
  remember(run, { ...memory, doubtedId: id })
  note(run, 'renew', ended ?? 'maybe-spent', { before: parent, detail: `by ${by}` })
}

/** Puts this host among those that use the shared document, so that the others know. A refusal can wait. */
export async function register(run: Run): Promise<void> {
  const { asked, store } = run
  if (store?.isShared !== true || asked?.kind !== 'current' || asked.isCached) return
  if (asked.stored.login === null || run.offline || run.config.mode !== 'on') return
  const keys = registered(asked.stored.hosts, run.instance, run.person.host, run.now())
  if (keys === null) return
  const outcome = await store.change({ ...keys, claude_auth_write_id: run.nonce() }, asked.version)
  if (outcome.kind === 'written') run.asked = { ...asked, version: outcome.version }
}
