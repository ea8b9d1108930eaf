// One run, in order: recover; then context → observe → State → decide → Step → act → commit, until nothing is left to do; Outcome → tell.

import { decide } from '../policy/decide.js'
import type { Outcome, Step } from '../policy/outcome.js'
import { type Decision, decisionKey } from '../policy/state.js'
import { backUp } from './back-up.js'
import { recordFingerprint } from './copied-machine.js'
import { asUnsaved, isUnsaved } from './handle-token-reply.js'
import { keepHealthRecord } from './health-record.js'
import { noticeLogOut } from './log-out.js'
import { type Observation, observe, reread } from './observe.js'
import { revokeOwed } from './owed-revocations.js'
import { isStoreWanted, knownStore, readStore, register } from './read-store.js'
import { noticeKey, recover } from './recover.js'
import { renew, renewByClient } from './renew.js'
import { restore } from './restore.js'
import { commit, type Run } from './run.js'
import { keepLast, type Report, type RunTrace, report } from './tell.js'
import { noticeDoubt, verify } from './verify.js'

export interface EnsureOptions {
  /** Called once, as soon as a launch can go on or the reason why not is known; more work may follow. */
  tell: (report: Report) => void
  /** Does a person read the lines? If not, one-time notes are kept among the warnings. */
  isHeard?: boolean
  /** Lines that came up after that, for the next launch at a terminal. */
  leave?: (lines: string[]) => void
  /** Called once at the end, when the report is final. Only the health record may take a request after that. */
  end?: (report: Report) => void
  /** Until then an expired login is tried again after no answer, before a launch goes on. */
  patientUntilMs: number
  /** The run should end: it does, between two steps. */
  interrupted: () => boolean
}

/**
 * Makes sure that this login is valid, or says why it isn't. The caller is inside the gate. Expected
 * trouble is in the report; throws `AuthError` for our own (disk, locks).
 */
export async function ensure(run: Run, options: EnsureOptions): Promise<Report> {
  const steps: Outcome['steps'] = []
  const did: Outcome['did'] = []
  const trace: RunTrace = { beganAtMs: run.now(), toldAtMs: null, steps: [] }
  const { isHeard = true } = options
  let told = false
  const tell = (told_: Report) => {
    if (!told) options.tell(told_)
    told = true
    trace.toldAtMs ??= run.now()
  }
  if (run.config.mode === 'on' && mayAct(run)) {
    recordFingerprint(run)
    await noticeKey(run)
    await persistently(run, options, () => recover(run))
    noticeDoubt(run)
    if (isStoreWanted(run)) await knownStore(run)
  }
  for (;;) {
    let seen = observe(run)
    if (run.config.mode === 'on' && mayAct(run)) seen = await noticeLogOut(run, seen)
    const decision = decide(seen.state, run.now())
    if (isEnd(decision) || onlyObserves(run, decision) || options.interrupted()) {
      if (!told && (await waitedOut(run, decision, options))) continue
      const end = endOf(run, decision)
      const last = await report(run, seen, end, { steps, did }, !told && isHeard)
      if (told) options.leave?.(last.warnings)
      tell(last)
      if (mayAct(run)) {
        await register(run)
        await revokeOwed(run)
      }
      options.end?.(last)
      // The result of an interrupted step says nothing.
      if (!options.interrupted()) await keepHealthRecord(run, last.outcome)
      keepLast(run, last, trace)
      return last
    }
    if (!told && isAfterwards(decision, seen, run)) {
      const fresh: Decision = { do: 'launch', because: 'fresh', about: null }
      tell(await report(run, seen, fresh, { steps, did }, isHeard))
      // Alerts may have taken seconds.
      seen = reread(run)
    }
    const now = seen
    const beganMs = run.now()
    const isDone = await persistently(
      run,
      options,
      () => act(run, now, decision),
      decision.do === 'restore' ? () => act(run, now, decision) : () => recover(run),
    )
    commit(run, { learned: { tried: [...run.tried, decisionKey(decision)] } })
    const ms = run.now() - beganMs
    steps.push({ ...step(decision), ms })
    trace.steps.push({ ...step(decision), afterMs: beganMs - trace.beganAtMs, ms, done: isDone })
    if (isDone) did.push(decision.do)
  }
}

function mayAct(run: Run): boolean {
  return run.owned && run.otherCredential === null
}

function isEnd(decision: Decision): boolean {
  return decision.do === 'launch' || decision.do === 'sign-in'
}

/**
 * True if the launch need not wait for this step, since the login works. Not so for taking custody, or for verifying after a
 * client's 401.
 */
function isAfterwards(decision: Decision, { state }: Observation, { doubtedAtMs }: Run): boolean {
  if (decision.do === 'verify') return decision.because === 'unverified' && doubtedAtMs === null
  const inPlainText = state.file.kind === 'login' && state.file.login.refreshHash !== null
  return decision.do === 'back-up' && !(state.custody === 'sole' && inPlainText)
}

/**
 * An ended login that got no answer is tried again while the launch may still wait: a client that
 * starts with it might spend the refresh token.
 */
async function waitedOut(run: Run, decision: Decision, options: EnsureOptions): Promise<boolean> {
  const { backOff } = run.memory
  if (decision.because !== 'no-answer' || backOff === null || run.offline) return false
  if (options.interrupted() || backOff.nextTryAtMs >= options.patientUntilMs) return false
  await run.sleep(Math.max(backOff.nextTryAtMs - run.now(), 1))
  commit(run, { learned: { tried: [], storeRead: null } })
  return true
}

const saveAgainMs = 500

/**
 * Does `work`. Saving a successor that could not be saved is retried by `again` while the launch may wait; then throws
 * `login-unsaved`.
 */
async function persistently(
  run: Run,
  { patientUntilMs, interrupted }: EnsureOptions,
  work: () => Promise<boolean>,
  again = work,
): Promise<boolean> {
  for (let next = work; ; next = again) {
    try {
      return await next()
    } catch (error) {
      const trouble = asUnsaved(run, error)
      const isOver = run.now() + saveAgainMs >= patientUntilMs || interrupted()
      if (isOver || !isUnsaved(trouble)) throw trouble
      await run.sleep(saveAgainMs)
    }
  }
}

/** True when the step did what it is called. */
async function act(run: Run, seen: Observation, decision: Decision): Promise<boolean> {
  const again = (now: Observation) => decide(now.state, run.now())
  switch (decision.do) {
    case 'read-store':
      await readStore(run)
      return true
    case 'renew':
      return run.config.renewal.via === 'client'
        ? renewByClient(run, seen, decision)
        : renew(run, seen, decision, again)
    case 'restore':
      return restore(run, decision, again)
    case 'verify':
      return verify(run, seen, decision)
    case 'back-up':
      return backUp(run, seen, decision, again)
  }
  return false
}

/** An interrupted run has no result of its own. */
function endOf(run: Run, decision: Decision): Decision {
  if (onlyObserves(run, decision)) return observed(run, decision)
  return isEnd(decision) ? decision : { do: 'launch', because: 'own-trouble', about: null }
}

/** `mode: observe` looks at everything and changes nothing. */
function onlyObserves(run: Run, decision: Decision): boolean {
  return run.config.mode === 'observe' && decision.do !== 'read-store' && decision.do !== 'sign-in'
}

/** Records what would be done, once until it changes. */
function observed(run: Run, decision: Decision): Decision {
  const would = `${decision.do}:${decision.because}`
  if (decision.do !== 'launch') commit(run, { learned: { would: step(decision) } })
  if (decision.do !== 'launch' && run.memory.told['observe'] !== would)
    commit(run, { journal: { did: 'observe', because: would } })
  return decision.do === 'launch' && decision.because !== 'fresh'
    ? decision
    : { do: 'launch', because: 'observe', about: null }
}

function step({ about: _, ...plain }: Decision): Step {
  return plain
}
