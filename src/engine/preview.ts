// A preview of the next run, without acting: what it would find and do, and what would prevent it, from what is on this
// machine.

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tokenHash } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { whyFixed } from '../login/save-proof.js'
import { decide } from '../policy/decide.js'
import { signInCommand } from '../policy/long-lived.js'
import type { Outcome, Prospect, Step } from '../policy/outcome.js'
import { isToBeBackedUp, prospectOf } from '../policy/prospect.js'
import type { Decision } from '../policy/state.js'
import { textAt } from '../system/open-file.js'
import { whyNoneStarts } from '../system/program-places.js'
import { errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { atomicWrite, writeFailed } from '../system/write-file.js'
import { isLoggedOut } from './log-out.js'
import { signingCredential } from './notes.js'
import { type Observation, observationOf, observe } from './observe.js'
import { outcomeOf, troubleOf, verdictOf } from './outcome.js'
import type { Run } from './run.js'
import { type StatusFacts, shortLine } from './status-words.js'
import { doubtedSinceMs, expectedEmail } from './verify.js'

/** What was found. Times are epoch milliseconds. */
export interface Preview {
  outcome: Outcome
  seen: Observation
  decision: Decision
  /** What the next run would do to the login; null: nothing. */
  next: Step | null
  /** What works but needs care; null: nothing. */
  trouble: Trouble | null
  organization: string | null
  /** When the server last said whose token this is; null: it did not. */
  verifiedAtMs: number | null
  /** Since when a sign-in is needed or the server is silent. */
  sinceMs: number | null
  /** What becomes of the login: words promise no more than this. */
  prospect: Prospect
  /** A run to come stores this login. */
  isToBeBackedUp: boolean
  /** The server refuses the access token in the file. */
  isRefused: boolean
  /** A client met a 401 with it since it was accepted, and no run has asked the server again. */
  isDoubted: boolean
}

/**
 * Judges the login of `run` (started `offline` and `readOnly`) as the next run would, without the
 * network and without a change anywhere: neither gate nor locks are needed.
 */
export async function previewOf(run: Run): Promise<Preview> {
  const { file } = observe(run)
  const memory = withLogOut(run, file)
  const doubtedAtMs = run.owned ? doubtedSinceMs(run) : null
  // The next run may use the network, so its decision is asked for an online run.
  let online: Run = { ...run, memory, doubtedAtMs, offline: false }
  let seen = observationOf(online, file)
  let decision = decide(seen.state, run.now())
  if (decision.do === 'read-store') {
    online = { ...online, storeRead: await sealedHere(run) }
    seen = observationOf(online, file)
    decision = asLastKnown(online, decide(seen.state, run.now()))
  }
  const here: Run = { ...run, memory, storeRead: askedBefore(online) }
  const next = nextOf(online, decision)
  const ahead = await aheadOf({ ...online, storeRead: here.storeRead ?? online.storeRead }, file)
  const trouble = troubleOf(here, seen, decision) ?? ahead.hindrance
  // Upkeep leaves a good login good; a login that has to be renewed or restored first does not work yet.
  const isDoubted = isOutOfDate(memory.verification, seen, doubtedAtMs)
  const isGood = next !== null && !isDoubted && works(seen, run.now())
  const judged = judgedAs(run, decision, next, isGood)
  const isWaiting = next !== null && !isGood && judged.because !== 'observe'
  const verdict = isWaiting ? 'attention' : verdictOf(judged, trouble)
  const outcome = outcomeOf(here, seen, judged, {
    verdict,
    steps: [],
    did: [],
    alert: 'off',
  })
  const { verification, signInNeeded, backOff, signedOut } = here.memory
  const facts = seen.state.file
  const isChecked = facts.kind === 'login' && verification?.accessHash === facts.login.accessHash
  return {
    outcome,
    seen,
    decision,
    next,
    trouble,
    organization: isChecked ? (verification?.organization ?? null) : null,
    verifiedAtMs: isChecked && verification?.kind === 'accepted' ? verification.atMs : null,
    sinceMs: signInNeeded?.sinceMs ?? signedOut?.atMs ?? backOff?.triesAtMs[0] ?? null,
    prospect: ahead.prospect,
    isToBeBackedUp: ahead.isToBeBackedUp,
    isRefused: isRefused(seen),
    isDoubted,
  }
}

/** Did a client meet a 401 with the token that the server accepted before? */
function isOutOfDate(
  verified: Run['memory']['verification'],
  { state: { file } }: Observation,
  doubtedAtMs: number | null,
): boolean {
  if (doubtedAtMs === null || verified?.kind !== 'accepted' || file.kind !== 'login') return false
  return verified.accessHash === file.login.accessHash && verified.atMs < doubtedAtMs
}

/** The store's copy on this machine; a shared document is not asked. */
async function sealedHere({ store }: Run): Promise<Run['storeRead']> {
  const read = (await store?.read()) ?? { kind: 'empty' as const, version: 0 }
  return read.kind === 'current' ? { ...read, away: null } : read
}

/** A log-out that no run has noticed yet counts too. */
function withLogOut(run: Run, file: LoginFile): Run['memory'] {
  const { memory, paths } = run
  if (memory.signedOut !== null || file.kind === 'login' || !isLoggedOut(run, file)) return memory
  const atMs = existsSync(paths.signedOut) ? statSync(paths.signedOut).mtimeMs : run.now()
  return { ...memory, signedOut: { atMs, chain: [], inStore: false } }
}

/** What the store said when it was last asked: no server is asked here. */
function askedBefore({ storeRead, memory: { storeTrouble } }: Run): Run['storeRead'] {
  if (storeTrouble?.kind === 'empty')
    return { kind: 'empty', version: 0, damaged: storeTrouble.trouble }
  if (storeTrouble !== null) return { ...storeTrouble, kind: storeTrouble.kind }
  return storeRead?.kind === 'unreachable' ? null : storeRead
}

/** A document elsewhere may hold what is missing here: only a run that may ask it can tell. */
function isOpen({ store, storeRead, memory }: Run, { because }: Decision): boolean {
  if (because !== 'own-trouble' || !store?.isRemote) return false
  return storeRead?.kind !== 'denied' && memory.storeTrouble === null
}

/** Where only the document could tell, what the last run found there stands. */
function asLastKnown(run: Run, decision: Decision): Decision {
  const { signInNeeded } = run.memory
  if (signInNeeded === null || !isOpen(run, decision)) return decision
  return { do: 'sign-in', because: signInNeeded.because, about: null }
}

function nextOf(run: Run, decision: Decision): Step | null {
  const { about: _, ...step } = decision
  if (isOpen(run, decision)) return { do: 'read-store', because: 'missing' }
  return step.do === 'launch' || step.do === 'sign-in' ? null : step
}

/** As a run would end: `mode: observe` leaves things as they are, and says so. */
function judgedAs(
  { config }: Run,
  decision: Decision,
  next: Step | null,
  isGood: boolean,
): Decision {
  const isLeft = next === null ? decision.because === 'fresh' : next.do !== 'read-store'
  if (config.mode === 'observe' && isLeft) return { do: 'launch', because: 'observe', about: null }
  return isGood ? { do: 'launch', because: 'fresh', about: null } : decision
}

/** Can a client be started with the file as it is? */
function works(seen: Observation, nowMs: number): boolean {
  const { file } = seen.state
  if (file.kind !== 'login') return false
  const { expiresAtMs } = file.login
  return !isRefused(seen) && (expiresAtMs === null || expiresAtMs > nowMs)
}

function isRefused({ state: { file, verification } }: Observation): boolean {
  if (file.kind !== 'login' || verification?.kind !== 'refused') return false
  return verification.accessHash === file.login.accessHash
}

/** A login that works and can't be renewed. */
function isDenied(prospect: Prospect): boolean {
  return prospect.kind === 'ends' || (prospect.kind === 'hindered' && prospect.because === 'here')
}

interface Ahead extends Pick<Preview, 'prospect' | 'isToBeBackedUp'> {
  /** What prevents a renewal that is otherwise due. */
  hindrance: Trouble | null
}

/** What later runs will do, and what keeps them from it. Where only the sealed copy could be renewed, it has to open. */
async function aheadOf(run: Run, file: LoginFile): Promise<Ahead> {
  const isSealed = file.kind === 'login' && file.login.refreshToken === null
  const sealed =
    run.storeRead === null && isSealed ? await sealedHere({ ...run, offline: true }) : null
  const asked = sealed?.kind === 'unreachable' ? null : sealed
  const seen = observationOf({ ...run, storeRead: run.storeRead ?? asked }, file)
  const hindrance = run.owned ? await hindranceOf(run, seen) : null
  const facts = { observes: run.config.mode === 'observe', isHindered: hindrance !== null }
  const prospect = prospectOf(seen.state, run.now(), facts)
  return {
    prospect,
    isToBeBackedUp: isToBeBackedUp(seen.state, run.now(), facts),
    hindrance: isDenied(prospect) ? hindrance : null,
  }
}

/** What the words of `claude-auth status` and of the line for prompts are made of. */
export function statusFacts(run: Run, found: Preview): StatusFacts {
  const { config, memory } = run
  const { outcome, seen, next, trouble, sinceMs, prospect } = found
  return {
    outcome,
    mode: config.mode,
    offBy: config.off?.file ?? null,
    hasLeft: config.off?.because === 'left',
    next,
    trouble,
    email: emailOf(run, outcome),
    organization: found.organization,
    isVerified: outcome.identity !== null,
    otherCredential: signingCredential(run, found.decision)?.wins ?? null,
    sinceMs,
    prospect,
    isRefused: found.isRefused,
    isDoubted: found.isDoubted,
    isAcceptedSince: found.verifiedAtMs !== null && found.verifiedAtMs >= (sinceMs ?? 0),
    isToBeBackedUp: found.isToBeBackedUp,
    backedUpAtMs: memory.stored?.atMs ?? null,
    warnBeforeMs: Math.max(0, ...config.alerts.beforeLoginEndsMs),
    signInCommand: signInCommand(seen.state, run.now()),
    store: run.store,
    nowMs: run.now(),
  }
}

/** Much more than one line. */
const shortMaxBytes = 4096

/** Leaves the line that a prompt shows without Node: `<login folder>/.claude-auth/short`. */
export function leaveShortLine(run: Run, outcome: Outcome, command: string): void {
  if (!run.owned || run.config.mode === 'off' || run.otherCredential !== null) return
  const email = emailOf(run, outcome)
  const line = `${shortLine({ ...outcome, email, signInCommand: command }, run.now())}\n`
  const path = join(run.paths.state, 'short')
  try {
    if (textAt(path, { maxBytes: shortMaxBytes, links: 'refuse' }) !== line)
      atomicWrite(path, line, { nonce: run.nonce(), durable: false })
  } catch {
    // A prompt without its line is no reason to hold a launch.
  }
}

function emailOf(run: Run, { identity }: Pick<Outcome, 'identity'>): string | null {
  return identity?.email ?? expectedEmail(run.config, run.memory, run.paths.clientConfig)
}

/** Why the login that `seen` is about can't be renewed here; null where nothing is known to. */
export async function hindranceOf(run: Run, seen: Observation): Promise<Trouble | null> {
  return unwritable(run) ?? (await withoutToken(run, seen)) ?? unserved(run, seen)
}

/** A successor is saved under a lock in the login folder, and by a rename there, else over the file where it stands; never without our own folder. */
function unwritable({ paths }: Run): Trouble | null {
  const closed =
    whyNotWritable(paths.state) ?? whyNotWritable(paths.gate) ?? whyNotWritable(paths.folder)
  if (closed !== null) return closed
  const fixed = whyFixed(paths.loginFile)
  return fixed && errorTrouble(fixed)
}

/** By access(2), which knows of a file system that is read-only; of what is missing, the folder above is asked. */
function whyNotWritable(path: string): Trouble | null {
  let there = path
  while (!existsSync(there) && there !== dirname(there)) there = dirname(there)
  try {
    accessSync(there, constants.W_OK)
    return null
  } catch (error) {
    return errorTrouble(writeFailed(there, error, `${there} cannot be written`))
  }
}

/** In sole custody the token is in the store; a shared document may have it where the copy on this machine has not. */
async function withoutToken(
  { store, memory }: Run,
  { file }: Observation,
): Promise<Trouble | null> {
  if (!isWithoutToken(file) || store?.kind !== 'local') return null
  const read = await store.read()
  if (read.kind !== 'empty' && read.kind !== 'current') return null
  const token = read.kind === 'current' ? (read.stored.login?.refreshToken ?? null) : null
  if (token !== null && !memory.spent.includes(tokenHash(token))) return null
  return makeTrouble('the sealed store has no refresh token for this login', {
    command: 'claude-auth login',
  })
}

/** Only claude-auth renews then. */
function unserved(run: Run, { file }: Observation): Trouble | null {
  return isWithoutToken(file) ? whyNoneStarts(run.person.home, run.env) : null
}

function isWithoutToken(file: Observation['file']): boolean {
  return file.kind === 'login' && file.login.refreshToken === null
}
