// What a run has to tell: notes for a person, said once each and again only when they have changed, and what its decision means
// for alerts.

import { loginEndsCondition } from '../alerts/condition.js'
import { type AlertCondition, readAlertMemory } from '../alerts/memory.js'
import type { AlertRun } from '../alerts/sink.js'
import type { OtherCredential } from '../login/credentials.js'
import { tokenHash } from '../login/login.js'
import { isLongLivedNeeded, signInCommand } from '../policy/long-lived.js'
import type { Decision, State } from '../policy/state.js'
import { hourMs } from '../system/time.js'
import { troubleText } from '../text/trouble.js'
import type { Note } from './launch-words.js'
import type { Observation } from './observe.js'
import { endsAtMs } from './outcome.js'
import { knownStore } from './read-store.js'
import { commit, type Run } from './run.js'
import { expectedEmail } from './verify.js'

const clockSubject = 'clock-off'
/** Enough for all the credentials of a user's projects. */
const mostTold = 40

/** One note; a changed `about` makes it a new one. */
interface Saying {
  subject: string
  about: string
  note: Note
}

/**
 * What is to be said now: which credential wins, a token that may be shared, the clock, the login's
 * nearing end, what `mode: observe` would do. What was said is not forgotten while it does not apply,
 * a wrong clock excepted.
 */
export function notesOf(run: Run, seen: Observation, decision: Decision): Note[] {
  const now = [
    otherCredential(run, decision),
    sharedToken(run, seen),
    clock(run),
    observed(run),
    accessChange(run),
    lostNeighbours(run),
    // No warning of an end while a sign-in is needed anyway.
    decision.do === 'sign-in' ? null : loginEnds(run, seen),
  ].filter(saying => saying !== null)
  const { told } = run.memory
  const fresh = now.filter(({ subject, about }) => told[subject] !== about)
  const isRightAgain = told[clockSubject] !== undefined && run.memory.clockOffMs === 0
  if (!run.owned || run.config.mode === 'off' || (fresh.length === 0 && !isRightAgain))
    return fresh.map(({ note }) => note)
  for (const { note } of fresh)
    if (note.say === 'store-access')
      commit(run, {
        journal: { did: 'store-access', because: '', detail: troubleText(note.trouble) },
      })
  const kept = Object.entries(told).filter(([subject]) => subject !== clockSubject || !isRightAgain)
  const added = fresh.map(({ subject, about }) => [subject, about] as const)
  const all = new Map([...kept, ...added])
  commit(run, { memory: { told: Object.fromEntries([...all].slice(-mostTold)) } })
  return fresh.map(({ note }) => note)
}

/** Each credential is a subject of its own: two that take turns are said once each. */
function otherCredential(run: Run, decision: Decision): Saying | null {
  const signing = signingCredential(run, decision)
  if (signing === null) return null
  const { wins, kind } = signing
  return {
    subject: `other-credential ${wins}`,
    about: 'said',
    note: { say: 'other-credential', winner: wins, isBilled: kind === 'stored-key' },
  }
}

/** What signs instead of the login, as `decision` found it; null: the login does. */
export function signingCredential(
  { otherCredential, standIn }: Pick<Run, 'otherCredential' | 'standIn'>,
  decision: Pick<Decision, 'because'>,
): OtherCredential | null {
  return otherCredential ?? (decision.because === 'other-credential' ? standIn : null)
}

const ownToken = 'own'

/** Asks the store, once for each token of the environment, whether it is the one recorded for this user. */
export async function knowToken(run: Run): Promise<void> {
  const hash = run.otherCredential?.tokenHash
  const { told } = run.memory
  const subject = `shared-token ${hash}`
  if (!hash || told[subject] || run.store === null || run.offline || !run.owned) return
  if (run.config.mode === 'off') return
  const storeRead = await knownStore(run)
  const recorded = storeRead.kind === 'current' ? storeRead.stored.setupToken : null
  if (recorded !== null && tokenHash(recorded.token) === hash)
    commit(run, { memory: { told: { ...told, [subject]: ownToken } } })
}

/** A token in the environment that is not this user's own, as far as we know, is often a shared one. */
function sharedToken({ otherCredential, memory }: Run, { file }: Observation): Saying | null {
  const hash = otherCredential?.tokenHash
  const inFile = file.kind === 'login' ? tokenHash(file.login.accessToken) : null
  if (!hash || hash === inFile || hash === memory.held?.accessHash) return null
  const subject = `shared-token ${hash}`
  if (memory.told[subject] === ownToken) return null
  return { subject, about: 'said', note: { say: 'shared-token' } }
}

function clock({ memory }: Run): Saying | null {
  if (memory.clockOffMs === 0) return null
  const note: Note = { say: 'clock-off', offMs: memory.clockOffMs }
  return { subject: clockSubject, about: memory.clockOffMs > 0 ? 'ahead' : 'behind', note }
}

/** Said once for each change, and kept in the journal. */
function accessChange({ store }: Run): Saying | null {
  const drift = store?.drift() ?? null
  if (drift === null) return null
  return {
    subject: 'store-access',
    about: troubleText(drift),
    note: { say: 'store-access', trouble: drift },
  }
}

/** Each time: what is gone from the file will be missed. */
function lostNeighbours({ lostNeighbours, now }: Run): Saying | null {
  if (lostNeighbours !== true) return null
  return { subject: 'lost-neighbours', about: String(now()), note: { say: 'lost-neighbours' } }
}

function observed({ would }: Run): Saying | null {
  if (would === null) return null
  const about = `${would.do}:${would.because}`
  return { subject: 'observe', about, note: { say: 'observe', would } }
}

function loginEnds(run: Run, seen: Observation): Saying | null {
  const { beforeLoginEndsMs } = run.config.alerts
  const ends = loginEndsCondition(endsAtMs(run, seen), beforeLoginEndsMs, run.now())
  if (ends === null) return null
  const about = `${ends.withinMs} before ${Math.round(ends.endsAtMs / hourMs)}`
  const longLived = isLongLivedNeeded(seen.state, run.now())
  const note: Note = { say: 'login-ends', endsAtMs: ends.endsAtMs, longLived }
  return { subject: 'login-ends', about, note }
}

/** `state`: as the run has just observed it. */
export function alertRunOf(run: Run, state: State): AlertRun {
  const { config, person, env, network, offline, owned, store, now, nonce } = run
  const { user, host } = person
  return {
    config,
    person,
    env,
    network,
    offline,
    owned,
    store,
    context: {
      user,
      host,
      email: expectedEmail(config, run.memory, run.paths.clientConfig),
      runbook: config.alerts.runbook,
      command: signInCommand(state, now()),
    },
    now,
    nonce,
    memory: () => readAlertMemory(run.memory.alert),
    commit: alert => commit(run, { memory: { alert } }),
    journal: (because, detail) => commit(run, { journal: { did: 'alert', because, detail } }),
    storeRead: () => run.storeRead,
    storeLearned: read => {
      commit(run, { learned: { storeRead: read } })
    },
  }
}

/** Undefined: the decision says nothing about whether a person is needed. */
export function alertConditionOf(
  run: Run,
  decision: Decision,
  loginEndsAtMs: number | null,
): AlertCondition | null | undefined {
  if (decision.do === 'sign-in')
    return {
      kind: 'sign-in',
      because: decision.because,
      sinceMs: run.memory.signInNeeded?.sinceMs ?? null,
    }
  if (!['fresh', 'long-lived'].includes(decision.because)) return undefined
  return loginEndsCondition(loginEndsAtMs, run.config.alerts.beforeLoginEndsMs, run.now())
}
