// Claiming a renewal in the shared document: of several hosts one posts the refresh token, and the others take its result.

import { hostsOf, type Intent } from '../store/document.js'
import { freshHeartbeat } from './copied-machine.js'
import { rereadFile } from './observe.js'
import { intentLifeMs, isOver, mayBeUsedByOthers, readStore } from './read-store.js'
import { commit, type Run } from './run.js'

/**
 * `clear`: the token may be posted until `isStale` says that too much time has gone by for a request
 * to end within the intent's life. `closed`: other hosts use the document and it can't be asked, or one of them has claimed
 * the token for longer than the patience lasts.
 * `moved`: there is something else to do now.
 */
export type Claimed = { kind: 'clear'; isStale: () => boolean } | { kind: 'closed' | 'moved' }

const lookAgainMs = 500
/** A little more than an intent may live. */
const patienceMs = intentLifeMs + 10_000
/** A request lives 30 s: one that begins by then is over long before the intent is. */
const promptMs = 5_000
const mostConflicts = 5
/** So many in a row are not other hosts, which write seldom: something changes the document all the time. */
const mostLostRaces = 50

/**
 * Leaves the intent to post the refresh token `parent`, by check-and-set on the version that `stillWanted` has judged (called
 * after each read of the store). Another host's intent is waited for until its result is there or a minute has passed by the
 * server's clock. The caller holds the gate and none of the client's locks.
 */
export async function claimRenewal(
  run: Run,
  parent: string,
  stillWanted: () => boolean,
): Promise<Claimed> {
  const { store } = run
  // A document for each host (`{host}`) has two where one is a copy of the other.
  if (!store?.isRemote) return withoutClaim
  const untilMs = performance.now() + patienceMs
  let lostRaces = 0
  for (let known = run.storeRead; ; known = null) {
    const read = known ?? (await readStore(run))
    if (!stillWanted()) return { kind: 'moved' }
    if (read.kind === 'empty') return withoutClaim
    if (read.kind !== 'current' || read.away !== null) return unfenced(run)
    if (!isAbout(parent, read.stored)) return withoutClaim
    const { intent } = read.stored
    if (intent && isAnotherHosts(run, intent) && !isOver(intent, read.ageMs)) {
      if (performance.now() > untilMs) return { kind: 'closed' }
      await run.sleep(lookAgainMs)
      continue
    }
    const isStale = isLongAgo(run)
    const outcome = await writeIntent(run, {
      id: run.nonce(),
      by: whoWeAre(run),
      parent,
      ended: null,
    })
    if (outcome === 'conflict' && lostRaces++ < mostLostRaces) continue
    return outcome === 'written' ? { kind: 'clear', isStale } : unfenced(run)
  }
}

/** Says how a claimed renewal ended without a new login; null: nothing has happened. A new login takes its place by itself. */
export async function endClaim(run: Run, ended: Intent['ended']): Promise<void> {
  for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
    const { storeRead, memory, store } = run
    if (!store?.isRemote || storeRead?.kind !== 'current' || storeRead.away !== null) return
    const { intent } = storeRead.stored
    if (intent === null || intent.id !== memory.intentId || intent.ended !== null) return
    const outcome = await writeIntent(run, ended === null ? null : { ...intent, ended })
    if (outcome !== 'conflict') return
    await readStore(run)
  }
}

/** One write by check-and-set; our own id is remembered first, so that a killed run's is known as ours. */
async function writeIntent(
  run: Run,
  intent: Intent | null,
): Promise<'written' | 'conflict' | 'away'> {
  const { storeRead, store } = run
  if (store === null || storeRead?.kind !== 'current') return 'away'
  const { hosts } = storeRead.stored
  if (intent !== null) commit(run, { memory: { intentId: intent.id } })
  const alive = intent === null ? {} : freshHeartbeat(run, hosts)
  const keys = { ...alive, claude_auth_intent: intent, claude_auth_write_id: run.nonce() }
  const outcome = await store.change(keys, storeRead.version)
  if (outcome.kind === 'conflict') return 'conflict'
  if (outcome.kind !== 'written') return 'away'
  const left = intent === null ? hosts : hostsOf(alive['claude_auth_hosts'])
  const stored = { ...storeRead.stored, intent, hosts: left }
  commit(run, {
    learned: { storeRead: { ...storeRead, stored, version: outcome.version, ageMs: 0 } },
  })
  return 'written'
}

/** Without an intent: no other host can use this token. */
const withoutClaim: Claimed = { kind: 'clear', isStale: () => false }

/** The document can't be asked: allowed only if no other host is known. */
function unfenced(run: Run): Claimed {
  const file = rereadFile(run)
  const isInFile = file.kind === 'login' && file.login.refreshToken !== null
  return mayBeUsedByOthers(run, isInFile) ? { kind: 'closed' } : withoutClaim
}

/** True for another host's intent, unless it is about a token that we have moved past. */
function isAnotherHosts({ memory }: Run, { id, parent }: Intent): boolean {
  const { intentId, held, spent } = memory
  const isLeft = spent.includes(parent) || held?.lineage.chain.slice(0, -1).includes(parent)
  return id !== intentId && !isLeft
}

/** By the monotonic clock, which runs while a process is stopped, and by the wall clock, which runs while the machine sleeps. */
function isLongAgo({ now }: Run): () => boolean {
  const [steadyMs, wallMs] = [performance.now(), now()]
  return () => Math.max(performance.now() - steadyMs, Math.abs(now() - wallMs)) > promptMs
}

/** Does the document hold this token, so that other hosts could post it too? */
function isAbout(
  parent: string,
  stored: { login: unknown; lineage: { chain: readonly string[] } | null },
) {
  return stored.login !== null && (stored.lineage === null || stored.lineage.chain.includes(parent))
}

function whoWeAre({ person }: Run): string {
  return `${person.user}@${person.host}`
}
