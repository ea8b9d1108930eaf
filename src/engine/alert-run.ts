// A run of the engine as alerts see it, and what a decision means for the people outside.

import { loginEndsCondition } from '../alerts/condition.js'
import { type AlertCondition, readAlertMemory } from '../alerts/memory.js'
import type { AlertRun } from '../alerts/run.js'
import { signInCommand } from '../policy/long-lived.js'
import type { Decision, State } from '../policy/state.js'
import { commit, type Run } from './run.js'
import { expectedEmail } from './verify.js'

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
