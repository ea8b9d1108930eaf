// Claiming messages on a shared path: by check-and-set in the document, so that of several hosts one sends.

import { tokenHash } from '../login/login.js'
import { type AlertClaim, alertClaimKeys } from '../store/alert-claim.js'
import type { StoreRead } from '../store/store.js'
import { troubleText } from '../text/trouble.js'
import { type Judged, judgeClaims, needsClaim, withClaimIds } from './claim.js'
import type { AlertMemory } from './memory.js'
import type { AlertRun } from './run.js'

const mostRounds = 3

/** What is to be sent of `memory.pending`, and why that was decided without the other hosts; null: with them. */
export interface Claimed extends Pick<Judged, 'memory' | 'messages' | 'left'> {
  unclaimed: string | null
}

/**
 * Claims what is due, in at most `limitMs`. A store that is not shared is not asked; one that gives no
 * answer is no reason to stay silent. `mode: observe` writes nothing and so claims nothing.
 */
export async function claimAlerts(
  run: AlertRun,
  memory: AlertMemory,
  limitMs: number,
): Promise<Claimed> {
  const isShared = run.store?.isShared === true && run.config.mode === 'on'
  if (!isShared) return unshared(memory)
  if (!needsClaim(memory)) return { memory, messages: memory.pending, left: [], unclaimed: null }
  const named = withClaimIds(memory, run.nonce)
  run.commit(named)
  const attempt = { over: false }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>(resolve => {
    timer = setTimeout(resolve, limitMs, 'the store took too long')
  })
  // A fault of the store must not cost the message.
  const claiming = claim(run, named, attempt).catch(() => 'the store failed')
  const judged = await Promise.race([claiming, late])
  attempt.over = true
  clearTimeout(timer)
  return typeof judged === 'string' ? alone(run, named, judged) : { ...judged, unclaimed: null }
}

/** Reads, judges and writes until no other write came between; a text says why that failed. */
async function claim(
  run: AlertRun,
  memory: AlertMemory,
  attempt: { over: boolean },
): Promise<Judged | string> {
  const { store } = run
  const asked = run.storeRead()
  const trouble = asked === null ? null : troubleOf(asked)
  if (store === null || trouble !== null) return trouble ?? ''
  let decidedAbout = asked === null ? undefined : aboutOf(asked)
  // Always read afresh: what this run wrote itself says nothing of the claim.
  for (let round = 0; round < mostRounds && !attempt.over; round++) {
    const read = await store.read()
    if (read.kind !== 'current' && read.kind !== 'empty') return troubleText(read.trouble)
    const away = troubleOf(read)
    if (away !== null) return away
    // Where the login kept here is ahead, what it came with may be all that is known of the document.
    if (isAhead(read)) return 'the store is behind this host'
    const about = aboutOf(read)
    if (decidedAbout === undefined) decidedAbout = about
    const moved = decidedAbout !== about
    const found = { claim: claimOf(read), about, moved }
    const judged = judgeClaims(memory, found, { by: whoWeAre(run), nowMs: run.now() })
    if (judged.claim === null) return judged
    if (attempt.over) break
    const write = await store.change(alertClaimKeys(judged.claim, run.nonce()), read.version)
    if (write.kind === 'written') {
      written(run, read.version, write.version, judged.claim)
      return judged
    }
    if (write.kind !== 'conflict') return troubleText(write.trouble)
  }
  return 'other hosts wrote at the same time'
}

/** The version that this run goes on with is the one that it has just written itself. */
function written(run: AlertRun, before: number, version: number, alert: AlertClaim) {
  const read = run.storeRead()
  if (read?.kind === 'empty' && read.version === before) run.storeLearned({ ...read, version })
  if (read?.kind === 'current' && read.version === before)
    run.storeLearned({ ...read, stored: { ...read.stored, alert }, version, ageMs: 0 })
}

/** Without a shared path an earlier claim means nothing. */
function unshared(memory: AlertMemory): Claimed {
  const own = memory.claim === null ? memory : { ...memory, claim: null }
  return { memory: own, messages: memory.pending, left: [], unclaimed: null }
}

function alone(run: AlertRun, memory: AlertMemory, unclaimed: string): Claimed {
  const { by, nowMs } = { by: whoWeAre(run), nowMs: run.now() }
  return { ...judgeClaims(memory, null, { by, nowMs }), unclaimed }
}

function troubleOf(read: StoreRead): string | null {
  if (read.kind === 'unreachable' || read.kind === 'denied') return troubleText(read.trouble)
  return read.kind === 'current' ? read.away && troubleText(read.away.trouble) : null
}

function aboutOf(read: StoreRead): string | null {
  const login = read.kind === 'current' ? read.stored.login : null
  return login === null ? null : tokenHash(login.accessToken)
}

function isAhead(read: StoreRead): boolean {
  return read.kind === 'current' && read.isCached && read.stored.alert === undefined
}

function claimOf(read: StoreRead): AlertClaim | null {
  return read.kind === 'current' ? (read.stored.alert ?? null) : null
}

function whoWeAre({ person }: AlertRun): string {
  return `${person.user}@${person.host}`
}
