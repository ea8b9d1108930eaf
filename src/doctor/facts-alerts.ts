// Who is told when a sign-in is needed, and whether a message could get there. Sent is only a test, where one is wanted.

import type { AlertRun } from '../alerts/run.js'
import { alertTroubleOf, sendTestAlert } from '../alerts/send.js'
import type { SinkState } from '../alerts/sink.js'
import { sinkFiles } from '../alerts/sinks.js'
import { alertRunOf } from '../steps/alert-run.js'
import { look } from '../steps/look.js'
import type { LoginFacts } from './facts-login.js'
import type { Look } from './look.js'

export interface AlertFacts {
  /** Where messages go, and what would keep them from it; empty: nobody is told. */
  sinks: SinkState[]
  /** Why a message still waits to be taken. */
  waiting: string | null
  /** What came of the test message; null: none was wanted. */
  test: Awaited<ReturnType<typeof sendTestAlert>> | null
}

export async function alertFacts({ run }: LoginFacts, { testAlert }: Look): Promise<AlertFacts> {
  const alerts = alertRunOf(run, look(run).state)
  return {
    sinks: await sinkStates(alerts),
    waiting: alertTroubleOf(alerts),
    test: testAlert ? await sendTestAlert(alerts) : null,
  }
}

/** Each sink that the configuration names. */
export async function sinkStates(
  alerts: Pick<AlertRun, 'config' | 'person'>,
): Promise<SinkState[]> {
  const states: SinkState[] = []
  for (const load of Object.values(sinkFiles)) {
    const state = (await load()).inspect(alerts)
    if (state !== null) states.push(state)
  }
  return states
}
