// The alerts: where messages about a needed sign-in go, and whether they could arrive.

import { alertTroubleOf, sendTestAlert } from '../alerts/delivery.js'
import type { AlertRun } from '../alerts/run.js'
import type { SinkState } from '../alerts/sink.js'
import { sinkFiles, sinkNames } from '../alerts/sinks.js'
import { alertRunOf } from '../engine/alert-run.js'
import { observe } from '../engine/observe.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { type ExamineOptions, type Finding, found, ok } from './check.js'
import type { LoginFacts } from './login-facts.js'
import { troubleWords, words } from './words.js'

/** Do alerts reach a person when a sign-in is needed? */
export function alerts({ sinks, waiting, test }: AlertFacts): Finding {
  if (test?.kind === 'sent') return ok(alertWords.tested)
  if (test?.kind === 'failed') return found('warn', alertWords.untaken(test.trouble))
  if (test?.kind === 'nobody') return found('warn', alertWords.nobody)
  if (sinks.length === 0) return found('note', alertWords.nobody)
  for (const { trouble } of sinks) if (trouble !== null) return found('warn', troubleWords(trouble))
  if (waiting !== null) return found('warn', alertWords.waiting(waiting))
  return ok(alertWords.good(sinks.map(({ to }) => to).join(' and ')))
}

export const alertWords = {
  nobody: words(
    `Nobody is told when a sign-in is needed (alerts.${sinkNames.join(', ').replace(/, (\w+)$/, ' or $1')}).`,
  ),
  good: (to: string) => `Messages go to ${clean(to, 300)}.`,
  tested: 'The test message was taken.',
  untaken: (trouble: Trouble) => troubleWords(trouble, 'The test message was not taken'),
  waiting: (trouble: Trouble) => {
    const again = trouble.command === null ? '; it will be tried again' : ''
    return troubleWords(
      { ...trouble, cause: `${trouble.cause}${again}` },
      'A message was not taken',
    )
  },
}

export interface AlertFacts {
  /** Where messages go, and what would stop them; empty: no sink is configured. */
  sinks: SinkState[]
  /** Why a message still waits to be taken. */
  waiting: Trouble | null
  /** What came of the test message; null: none was wanted. */
  test: Awaited<ReturnType<typeof sendTestAlert>> | null
}

export async function alertFacts(
  { run }: LoginFacts,
  { testAlert }: ExamineOptions,
): Promise<AlertFacts> {
  const alerts = alertRunOf(run, observe(run).state)
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
