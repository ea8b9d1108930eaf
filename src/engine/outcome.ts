// The outcome of a run: its verdict, and the JSON object that says everything.

import type { Config } from '../config/config.js'
import { closedLogin } from '../login/login-file.js'
import { onlyTolerantJson } from '../login/login-text.js'
import { isConfigured } from '../policy/identity.js'
import { isLongLivedShape, ourLongLived } from '../policy/long-lived.js'
import type { Identity, Outcome, Step, Verdict } from '../policy/outcome.js'
import type { Decision, State } from '../policy/state.js'
import { errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { notByClientTrouble } from './ensure-words.js'
import type { Observation } from './observe.js'
import { awayOf, storeTroubleFor } from './read-store.js'
import type { Run } from './run.js'

/** What `decision` comes to; `trouble` makes a good login need attention. */
export function verdictOf(decision: Decision, trouble: Trouble | null): Verdict {
  if (decision.do === 'sign-in') return 'sign-in'
  if (decision.because === 'own-trouble') return 'broken'
  if (decision.because === 'no-answer') return 'no-answer'
  if (decision.because === 'maybe-copied') return 'attention'
  const isGood = ['fresh', 'long-lived', 'not-ours'].includes(decision.because)
  return isGood && trouble !== null ? 'attention' : 'ok'
}

/** What works, but needs care; null: nothing. */
export function troubleOf(
  run: Run,
  { file, state }: Observation,
  decision: Decision,
): Trouble | null {
  const { memory } = run
  if (decision.because === 'not-ours') return run.distrust
  if (file.kind === 'login' && file.bytes && onlyTolerantJson(file.bytes))
    return makeTrouble(`comments in ${run.paths.loginFile} keep the client from reading it`)
  if (file.kind === 'closed') return errorTrouble(closedLogin(file.closed))
  if (decision.because === 'long-lived')
    return ourLongLived(state) ? storeTroubleFor(run, state) : null
  if (decision.because === 'maybe-copied') return copiedTrouble
  const isUnrenewed = memory.backOff !== null || decision.because === 'no-answer'
  if (run.config.renewal.via === 'client' && isUnrenewed) return notByClientTrouble
  if (isUnrenewed && run.tlsTrouble) return run.tlsTrouble
  if (run.custodyTrouble) return run.custodyTrouble
  const ofStore = storeTroubleFor(run, state)
  if (ofStore !== null) return ofStore
  if (memory.pending) return memory.pending.trouble
  if (memory.narrower) return makeTrouble('the last renewal granted less than the sign-in did')
  return memory.clockOffMs === 0 ? null : clockTrouble
}

/** A timer leaves the renewal to a launch, or to this command. */
const copiedTrouble = makeTrouble(
  'a copy of this machine may have the same sign-in, so only a launch renews it',
  { command: 'claude-auth ensure' },
)

/** Trouble that has a sentence of its own, said once (`notes.ts`). */
export const clockTrouble = makeTrouble('the clock of this machine is wrong')

/** When the login itself, or the long-lived token in its place, ends, as far as the server ever said; null after a log-out. */
export function endsAtMs(run: Run, { state }: Observation): number | null {
  if (run.memory.signedOut !== null) return null
  if (isLongLived(run, state)) return ourLongLived(state)?.endsAtMs ?? null
  const inFile = state.file.kind === 'login' ? state.file.login.loginEndsAtMs : null
  return inFile ?? run.memory.held?.loginEndsAtMs ?? null
}

/** Is only the account wrong, in the right organization? */
export function isOtherAccount({ config, memory }: Run, found: Identity | null): boolean {
  const wanted = isConfigured(config.identity) ? config.identity : memory.pinned
  if (found === null || wanted === null || wanted.accountUuid === null) return false
  if (wanted.organizationUuid !== null && wanted.organizationUuid !== found.organizationUuid)
    return false
  return wanted.accountUuid !== found.accountUuid
}

/** The outcome of a run that broke off: what is known without it. */
export function brokenOutcome(config: Config | null): Outcome {
  return {
    schemaVersion: 1,
    verdict: 'broken',
    because: 'own-trouble',
    did: [],
    credential: 'none',
    custody: config?.custody ?? 'shared',
    identity: null,
    expiresAt: null,
    loginEndsAt: null,
    store: { kind: config?.store ?? 'none', state: 'empty', version: null },
    steps: [],
    alert: 'off',
  }
}

/** The outcome as the commands print it. */
export function outcomeOf(
  run: Run,
  seen: Observation,
  decision: Decision,
  facts: Pick<Outcome, 'verdict' | 'steps' | 'did' | 'alert'>,
): Outcome {
  const { file } = seen.state
  const login = file.kind === 'login' ? file.login : null
  const { verification } = run.memory
  const isKnown = verification?.kind === 'accepted' && verification.accessHash === login?.accessHash
  return {
    schemaVersion: 1,
    verdict: facts.verdict,
    because: decision.because,
    did: facts.did,
    credential: decision.because === 'other-credential' ? 'other' : credentialOf(run, seen.state),
    custody: run.config.custody,
    identity: isKnown ? verification.identity : null,
    expiresAt: login?.isEndGuessed ? null : (login?.expiresAtMs ?? null),
    loginEndsAt: endsAtMs(run, seen),
    store: storeOf(run, login?.accessHash ?? null, isLongLived(run, seen.state)),
    steps: [...facts.steps, { ...asStep(decision), ms: 0 }],
    alert: facts.alert,
  }
}

function credentialOf(run: Run, state: State): Outcome['credential'] {
  if (run.otherCredential) return 'other'
  if (isLongLived(run, state)) return 'long-lived'
  return state.file.kind === 'login' ? 'login' : 'none'
}

/** A login whose end a faulty refresh dropped looks the same, but is the one that we hold. */
function isLongLived({ memory }: Run, { file }: State): boolean {
  if (file.kind !== 'login' || !isLongLivedShape(file.login)) return false
  return memory.held?.refreshHash == null || memory.held.accessHash !== file.login.accessHash
}

/** Beside a long-lived token the store keeps the login, whichever it is. */
function storeOf(run: Run, accessHash: string | null, isBeside: boolean): Outcome['store'] {
  const { storeRead, memory, store } = run
  if (store === null) return { kind: 'none', state: 'empty', version: null }
  const version = memory.stored?.version ?? null
  const holds = memory.stored !== null && (isBeside || memory.stored.accessHash === accessHash)
  const away = awayOf(run)
  if (away) return { kind: store.kind, state: away.kind, version }
  if (memory.pending) return { kind: store.kind, state: 'pending', version }
  // Its last known content is gone.
  if (storeRead?.kind === 'empty') return { kind: store.kind, state: 'empty', version: null }
  const state = holds ? 'current' : memory.stored ? 'pending' : 'empty'
  return { kind: store.kind, state, version }
}

function asStep({ about: _, ...step }: Decision): Step {
  return step
}
