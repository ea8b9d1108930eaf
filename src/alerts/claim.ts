// Claims on a shared path: by check-and-set in the document, of several hosts one sends. The rule for which messages are ours
// is pure.

import { tokenHash } from '../login/login.js'
import { type AlertClaim, alertClaimKeys, noClaim, type SignInClaim } from '../store/document.js'
import type { StoreRead } from '../store/store.js'
import { dayMs, hourMs, minuteMs } from '../system/time.js'
import { troubleText } from '../text/trouble.js'
import { isSameEnd } from './condition.js'
import type { AlertMemory, AlertMessage } from './memory.js'
import type { AlertRun } from './sink.js'

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
  const known = run.storeRead()
  const trouble = known === null ? null : troubleOf(known)
  if (store === null || trouble !== null) return trouble ?? ''
  let decidedAbout = known === null ? undefined : aboutOf(known)
  // Always read afresh: this run's own writes tell nothing about the claim.
  for (let round = 0; round < mostRounds && !attempt.over; round++) {
    const read = await store.read()
    if (read.kind !== 'current' && read.kind !== 'empty') return troubleText(read.trouble)
    const away = troubleOf(read)
    if (away !== null) return away
    // If the copy kept here is ahead, the document's own claim may be unknown.
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

/** From now on this run works with the version that it has just written. */
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

/** The host that asks, and when. */
export interface Asker {
  /** `user@host`. */
  by: string
  nowMs: number
}

interface Judged {
  /** What to remember once `claim` stands in the document. */
  memory: AlertMemory
  /** Of `memory.pending`, what is to be sent now. */
  messages: AlertMessage[]
  /** What is to stand in the document first; null: it stays as it is. */
  claim: AlertClaim | null
  /** Messages that another host sends. */
  left: AlertMessage[]
}

/** The memory with a name for the claim of each message that still needs one: save it before claiming. */
export function withClaimIds(memory: AlertMemory, nonce: () => string): AlertMemory {
  const named = (message: AlertMessage) =>
    message.claimed || message.claimId ? message : { ...message, claimId: nonce() }
  return { ...memory, pending: memory.pending.map(named) }
}

/** Is there a message that no claim of ours covers yet? */
function needsClaim(memory: AlertMemory): boolean {
  return memory.pending.some(message => !message.claimed)
}

/** Judges each message by what was `found` in the document; null: the document could not be read, so all are sent. */
export function judgeClaims(
  memory: AlertMemory,
  found: DocumentClaim | null,
  asker: Asker,
): Judged {
  const judged: Judged = { memory: { ...memory, pending: [] }, messages: [], claim: null, left: [] }
  let claim = found?.claim ?? null
  for (const message of memory.pending) {
    const withinMs = memory.warned?.withinMs ?? 0
    const question = { message, withinMs, known: memory.claim, ...asker }
    const decision = message.claimed
      ? ('claimed' as const)
      : found && judgeClaim({ ...found, claim }, question)
    if (decision !== null && decision !== 'claimed' && decision.do === 'send')
      claim = decision.claim
    applyDecision(judged, message, decision)
  }
  if (judged.memory.pending.length === 0) judged.memory.retry = null
  return { ...judged, claim: claim === found?.claim ? null : claim }
}

/** `decision` null: sent without a claim, and judged again on a retry. */
function applyDecision(
  judged: Judged,
  message: AlertMessage,
  decision: ClaimDecision | 'claimed' | null,
) {
  const { memory, messages, left } = judged
  const claimed = decision === 'claimed' || decision?.do === 'send'
  const after = claimed ? { ...message, claimed: true as const } : message
  if (decision !== 'claimed' && decision?.do === 'leave') left.push(message)
  else memory.pending.push(after)
  if (decision === null || claimed) messages.push(after)
  if (begins(message) && decision !== 'claimed' && decision?.do !== 'wait') {
    const id = decision?.do === 'leave' ? decision.id : (message.claimId ?? message.id)
    memory.claim = { id, alone: decision === null }
  }
}

function begins(message: AlertMessage): boolean {
  return (
    message.kind === 'sign-in-needed' || (message.kind === 'sign-in-unsteady' && message.needed)
  )
}

const claimLifeMs = 7 * dayMs

/** What one read of the document says. */
export interface DocumentClaim {
  claim: AlertClaim | null
  /** SHA-256 of the access token that the document holds; null: none. */
  about: string | null
  /** It holds another login than when the condition was decided. */
  moved: boolean
}

export interface Question {
  message: AlertMessage
  /** For `login-ends`: which of the times before the end has been passed. */
  withinMs: number
  /** The claim of the condition that we last sent or left to others. */
  known: AlertMemory['claim']
  /** `user@host`. */
  by: string
  nowMs: number
}

type ClaimDecision =
  /** Ours to send once `claim` is in the document; as it was found: nothing to write. */
  | { do: 'send'; claim: AlertClaim | null }
  /** Another host sends it, under the claim `id`. */
  | { do: 'leave'; id: string }
  /** Not to be sent before the next run has checked the login that came meanwhile. */
  | { do: 'wait' }

/**
 * The rule. The need to sign in is one condition for all hosts on a path: the first host that needs it claims it,
 * the first that knew of it and finds it over ends the claim and reports that.
 *
 * A claim silences other hosts only while it stands, the document holds the login that it was made
 * about, and it is younger than 7 days by our clock. A login is stored only after the server accepted
 * it, so another one in the document means that the claimed condition is over, whether its host lived
 * to say so or not. A claim that we knew of when our own condition ended is no obstacle to our next one.
 * An end belongs to the claim that we knew, or to one that another login has made obsolete; a later
 * condition's claim stays.
 */
export function judgeClaim(found: DocumentClaim, question: Question): ClaimDecision {
  const { message } = question
  switch (message.kind) {
    case 'login-ends':
      return warning(found, { ...question, endsAtMs: message.endsAtMs })
    case 'sign-in-needed':
      return begin(found, question)
    case 'sign-in-over':
      return end(found, question)
    case 'sign-in-unsteady':
      return message.needed ? begin(found, question) : summary(found, question)
    case 'test':
    case 'changes':
    case 'people':
      return { do: 'send', claim: found.claim }
  }
}

function begin({ claim, about, moved }: DocumentClaim, question: Question): ClaimDecision {
  const { known, by, nowMs } = question
  const id = claimId(question)
  const signIn = claim?.signIn ?? null
  if (signIn?.id === id && signIn.over === null) return { do: 'send', claim }
  if (moved || isJustOver(signIn, about, question)) return { do: 'wait' }
  const stands = signIn !== null && signIn.over === null && signIn.about === about
  if (stands && signIn.id !== known?.id && Math.abs(nowMs - signIn.atMs) < claimLifeMs)
    return { do: 'leave', id: signIn.id }
  const mine = { id, by, atMs: nowMs, about, over: null }
  return { do: 'send', claim: { ...noClaim, ...claim, signIn: mine } }
}

/** Another host has a login that works, and it is on its way into the document. */
function isJustOver(
  signIn: SignInClaim | null,
  about: string | null,
  { by, nowMs }: Question,
): boolean {
  if (signIn === null || signIn.over === null || signIn.about !== about) return false
  const sinceMs = nowMs - signIn.over.atMs
  return signIn.over.by !== by && sinceMs >= 0 && sinceMs < minuteMs
}

function end({ claim, about }: DocumentClaim, question: Question): ClaimDecision {
  const { known, by, nowMs } = question
  const id = claimId(question)
  const signIn = claim?.signIn ?? null
  if (signIn?.over?.id === id) return { do: 'send', claim }
  if (signIn?.over === null && (signIn.id === known?.id || signIn.about !== about)) {
    const over = { ...signIn, over: { id, by, atMs: nowMs } }
    return { do: 'send', claim: { ...noClaim, ...claim, signIn: over } }
  }
  // Other hosts can't know of what was sent without a claim.
  if (known === null || known.alone) return { do: 'send', claim }
  return { do: 'leave', id: known.id }
}

/** After many changes: ends the claim too; one summary of all hosts in an hour. */
function summary(found: DocumentClaim, question: Question): ClaimDecision {
  const { by, nowMs } = question
  const id = claimId(question)
  const ended = end(found, question)
  const before = found.claim?.steady ?? null
  if (before?.id === id) return { do: 'send', claim: found.claim }
  if (ended.do !== 'send' && before !== null && Math.abs(nowMs - before.atMs) < hourMs)
    return { do: 'leave', id: before.id }
  const claim = ended.do === 'send' ? ended.claim : found.claim
  return { do: 'send', claim: { ...noClaim, ...claim, steady: { id, by, atMs: nowMs } } }
}

/** The same end and the same time before it, or a nearer one, is the same warning, however long ago. */
function warning(
  { claim }: DocumentClaim,
  question: Question & { endsAtMs: number },
): ClaimDecision {
  const { endsAtMs, withinMs, by } = question
  const id = claimId(question)
  const told = claim?.warned ?? null
  if (told?.id === id) return { do: 'send', claim }
  if (told !== null && isSameEnd(told.endsAtMs, endsAtMs) && told.withinMs <= withinMs)
    return { do: 'leave', id: told.id }
  return { do: 'send', claim: { ...noClaim, ...claim, warned: { id, by, endsAtMs, withinMs } } }
}

function claimId({ message }: Question): string {
  return message.claimId ?? message.id
}
