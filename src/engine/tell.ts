// Reporting: what a run came to, as an outcome, as words for a person, as alerts, and as marks for the wrapper.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alertTroubleOf, sendAlerts } from '../alerts/delivery.js'
import { type LastStep, lastRunFile, writeLastRun } from '../login/journal.js'
import { clearMarks, writeMarks } from '../login/marks.js'
import { isLongLivedNeeded, ourLongLived, signInCommand } from '../policy/long-lived.js'
import type { AlertResult, Outcome, Step } from '../policy/outcome.js'
import {
  clientRefreshMs,
  type Decision,
  isUsable,
  type KnownLogin,
  type LongLivedFacts,
  verificationOf,
} from '../policy/state.js'
import { minuteMs } from '../system/time.js'
import type { Trouble } from '../system/trouble.js'
import { notByClientTrouble } from './ensure-words.js'
import { launchLines, type Note, noteLine } from './launch-words.js'
import { alertConditionOf, alertRunOf, knowToken, notesOf } from './notes.js'
import type { Observation } from './observe.js'
import {
  clockTrouble,
  endsAtMs,
  isOtherAccount,
  outcomeOf,
  troubleOf,
  verdictOf,
} from './outcome.js'
import { leaveShortLine } from './preview.js'
import { keepStoreTrouble } from './read-store.js'
import { commit, type Run } from './run.js'
import { expectedEmail } from './verify.js'

export interface Report {
  outcome: Outcome
  /** For stderr of a launch, prefix included; none when all is well. */
  lines: string[]
  /** For the next launch at a terminal: the early warning, and one-time notes that no one has seen yet. */
  warnings: string[]
  /** What works but needs care, or what failed; null: nothing. */
  trouble: Trouble | null
  /** Why a message to the people outside was not taken; null: none waits. */
  alertTrouble: Trouble | null
  /** `mode: observe`: what would have been done; null: nothing. */
  would: Step | null
  /** What a person has to type where a sign-in is needed. */
  signInCommand: string
  /** The e-mail that a sign-in is expected with, or null where none is known. */
  expectedEmail: string | null
  /** `onSignInRequired: fail`, and what is in the file is of no use to this launch. */
  stopsLaunch: boolean
}

/** The runbook that came with this program, where the site names no other. */
function packagedRunbook(): string {
  return fileURLToPath(new URL('../docs/runbook.md', import.meta.url))
}

/**
 * Reports what `decision` means: outcome, words, alerts and marks. Called again when the run went on, it says
 * what changed. `isHeard`: the lines are shown to a person.
 */
export async function report(
  run: Run,
  seen: Observation,
  decision: Decision,
  work: Pick<Outcome, 'steps' | 'did'>,
  isHeard = true,
): Promise<Report> {
  const unreadable = seen.file.kind === 'unreadable' ? seen.file.what : ''
  const sinceMs = noteSignIn(run, decision, unreadable)
  const alerts = alertRunOf(run, seen.state)
  const condition = alertConditionOf(run, decision, endsAtMs(run, seen))
  const alert = await sendAlerts(alerts, condition)
  commit(run, { learned: { alert: strongest(run.alert, alert) } })
  const alertTrouble = alertTroubleOf(alerts)
  keepStoreTrouble(run)
  const trouble = troubleOf(run, seen, decision)
  const verdict = verdictOf(decision, trouble)
  const outcome = outcomeOf(run, seen, decision, { verdict, alert: run.alert, ...work })
  const { identity, config, person } = { ...run, identity: outcome.identity }
  const stopsLaunch = isLaunchStopped(run, seen, decision)
  await knowToken(run)
  const notes: Note[] = notesOf(run, seen, decision)
  const isForLater = ({ say }: Note) => say === 'login-ends' || !(isHeard || say === 'observe')
  const later = notes.filter(isForLater)
  const others = notes.filter(note => !isForLater(note))
  if (alert === 'failed' && alertTrouble !== null)
    others.push({ say: 'alert-failed', trouble: alertTrouble })
  const email = expectedEmail(config, run.memory, run.paths.clientConfig)
  if (decision.because === 'not-ours' && run.distrust !== null)
    others.push({ say: 'distrust', trouble: run.distrust })
  // A trouble with a line of its own is not repeated.
  const isSaid = trouble === clockTrouble || decision.because === 'not-ours'
  const lines = launchLines({
    verdict: isSaid && verdict === 'attention' ? 'ok' : verdict,
    because: decision.because,
    sinceMs,
    nowMs: run.now(),
    expected: { email, organization: null },
    actual: {
      email: identity?.email ?? null,
      organization: run.memory.verification?.organization ?? null,
    },
    user: person.user,
    host: person.host,
    runbook: config.alerts.runbook ?? packagedRunbook(),
    loginEndsAtMs: outcome.loginEndsAt,
    expiresAtMs: outcome.expiresAt,
    ...(trouble === null ? {} : { trouble }),
    launchStopped: stopsLaunch,
    otherAccount: isOtherAccount(run, identity),
    longLived: isLongLivedNeeded(seen.state, run.now()),
    unreadable,
    isClosed: seen.file.kind === 'closed',
    notByClient: trouble === notByClientTrouble,
    notes: others,
  })
  mark(run, seen, decision)
  const command = signInCommand(seen.state, run.now())
  leaveShortLine(run, outcome, command)
  const warnings = later.map(each => noteLine(each, run.now()))
  return {
    outcome,
    lines,
    warnings,
    trouble,
    alertTrouble,
    would: run.would,
    signInCommand: command,
    expectedEmail: email,
    stopsLaunch,
  }
}

/** A login that can no longer be renewed works until it expires; launches are blocked only then. */
function isLaunchStopped(run: Run, { state }: Observation, decision: Decision): boolean {
  const { actor, config, now } = run
  // A hook can't stop the session that has begun.
  if (actor === 'hook') return false
  if (decision.do !== 'sign-in' || config.mode !== 'on' || config.onSignInRequired !== 'fail')
    return false
  const login = state.file.kind === 'login' ? state.file.login : null
  if (login === null || decision.because === 'signed-out') return true
  const checked = verificationOf(state, login)
  const isBad = checked?.kind === 'refused' || checked?.rightIdentity === false
  return isBad || !isUsable(login, now())
}

const byStrength: readonly AlertResult[] = ['off', 'unchanged', 'failed', 'sent']

function strongest(one: AlertResult, other: AlertResult): AlertResult {
  return byStrength.indexOf(one) > byStrength.indexOf(other) ? one : other
}

/** When the need to sign in began; a new reason does not start a new condition. */
function noteSignIn(run: Run, decision: Decision, unreadable: string): number | null {
  const { signInNeeded } = run.memory
  if (decision.do === 'sign-in') {
    const sinceMs = signInNeeded?.sinceMs ?? run.memory.signedOut?.atMs ?? run.now()
    if (signInNeeded?.because !== decision.because) {
      const before = run.memory.held?.refreshHash ?? null
      commit(run, {
        journal: { did: 'sign-in', because: decision.because, before, detail: unreadable },
      })
      commit(run, { memory: { signInNeeded: { sinceMs, because: decision.because } } })
    }
    return sinceMs
  }
  if (signInNeeded && (decision.because === 'fresh' || decision.because === 'long-lived')) {
    commit(run, { journal: { did: 'sign-in-over', because: signInNeeded.because } })
    commit(run, { memory: { signInNeeded: null } })
  }
  return run.memory.backOff?.triesAtMs[0] ?? null
}

/** A background worker that changed nothing is not repeated before this. */
const quietMs = minuteMs

/** Leaves marks for a login that is good; after anything else every launch asks. */
function mark(run: Run, { state, file }: Observation, decision: Decision) {
  if (!run.owned || run.config.mode !== 'on') return
  if (['not-ours', 'other-credential'].includes(decision.because)) return
  const good = decision.because === 'fresh' || decision.because === 'long-lived'
  const login = state.file.kind === 'login' ? state.file.login : null
  if (!good || login === null || file.contentHash === null) return clearMarks(run.paths)
  const nowMs = run.now()
  const ours = ourLongLived(state)
  const endsAtMs = ours?.endsAtMs ?? null
  const freshUntilMs = freshUntil(run, login, ours && state.longLived, nowMs)
  writeMarks(run.paths, {
    contentHash: file.contentHash,
    freshUntilMs,
    // From then on a launch waits for us.
    usableUntilMs: login.expiresAtMs === null ? endsAtMs : login.expiresAtMs - clientRefreshMs,
    retryAtMs: freshUntilMs > nowMs ? null : retryAt(run, nowMs),
    client: run.client,
    isClientChosen: run.isClientChosen,
    isClientConfigured: run.client !== null && run.client === run.config.client,
    ...run.configFiles,
    nowMs,
    nonce: run.nonce(),
  })
}

/** Until half-life, the next verification, or the next try of a back-up, whichever is first. */
function freshUntil(
  run: Run,
  login: KnownLogin,
  ours: LongLivedFacts | null,
  nowMs: number,
): number {
  const { verification, pending } = run.memory
  const never = Number.POSITIVE_INFINITY
  const { verifyEveryMs } = run.config.renewal
  const verifiedAtMs = verification?.accessHash === login.accessHash ? verification.atMs : null
  const isLongLived = login.expiresAtMs === null
  // The server can't be asked about a long-lived token; the store is, whether it is still wanted.
  const askedAtMs = ours?.wanted ? (ours.askedAtMs ?? 0) : nowMs
  const verifyAtMs =
    verifiedAtMs !== null || isLongLived
      ? // A verification noted by a clock that was ahead is no reason to trust longer.
        Math.min(verifiedAtMs ?? askedAtMs, nowMs) + verifyEveryMs
      : nowMs
  return Math.min(login.renewAtMs ?? never, pending?.nextTryAtMs ?? never, verifyAtMs)
}

function retryAt({ memory }: Run, nowMs: number): number {
  return Math.max(memory.backOff?.nextTryAtMs ?? 0, nowMs + quietMs)
}

/** A run on its way. Times are epoch milliseconds. */
export interface RunTrace {
  beganAtMs: number
  /** When a launch could go on; null: not yet. */
  toldAtMs: number | null
  steps: LastStep[]
}

/** Leaves the steps of the run beside the marks. Failing to is not reported: nothing depends on it. */
export function keepLast(run: Run, { outcome, lines, trouble }: Report, trace: RunTrace): void {
  if (!run.owned || run.config.mode === 'off') return
  const toldAfterMs = trace.toldAtMs === null ? null : trace.toldAtMs - trace.beganAtMs
  writeLastRun(
    join(run.paths.state, lastRunFile),
    {
      at: new Date(trace.beganAtMs).toISOString(),
      host: run.person.host,
      actor: run.actor,
      verdict: outcome.verdict,
      because: outcome.because,
      tookMs: run.now() - trace.beganAtMs,
      toldAfterMs,
      steps: trace.steps,
      said: lines,
      trouble,
    },
    run.nonce(),
  )
}
