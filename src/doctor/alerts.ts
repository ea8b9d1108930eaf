// Checks of outgoing messages: the sinks of alerts, and the watched repositories.

import { alertTroubleOf, sendTestAlert } from '../alerts/delivery.js'
import type { AlertRun, SinkState } from '../alerts/sink.js'
import { isNobodyTold, sinkFiles, sinkNames } from '../alerts/sinks.js'
import { repositoryState } from '../changes/append-only.js'
import { alertRunOf } from '../engine/notes.js'
import { observe } from '../engine/observe.js'
import { quoted, type Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { type ExamineOptions, type Finding, found, ok, troubleWords, words } from './check.js'
import type { LoginFacts } from './login-facts.js'

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
  tested: 'The test message was accepted.',
  untaken: (trouble: Trouble) => troubleWords(trouble, 'The test message was not accepted'),
  waiting: (trouble: Trouble) => {
    const again = trouble.command === null ? '; it will be tried again' : ''
    return troubleWords(
      { ...trouble, cause: `${trouble.cause}${again}` },
      'A message was not delivered',
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

/** Null where no repository is watched. */
export function changes({ run }: LoginFacts): Finding | null {
  const { config, person } = run
  if (config.changes.length === 0) return null
  const states = config.changes.map(each => repositoryState(each, person.home))
  const missing = states.find(({ kind }) => kind === 'missing')
  if (missing !== undefined)
    return found('warn', changesWords.missing(missing.name, missing.folder))
  const open = states.find(state => state.open.length > 0)
  if (open !== undefined) return found('warn', changesWords.open(open.name, open.folder, open.open))
  if (isNobodyTold(config.alerts)) return found('warn', changesWords.nobody)
  const here = states.filter(({ kind }) => kind === 'here')
  const unguarded = here.find(({ hasGuard }) => !hasGuard)
  if (unguarded !== undefined)
    return found('note', changesWords.unguarded(unguarded.name, unguarded.folder))
  return ok(changesWords.good(states.length, here.length))
}

const changesWords = {
  good: (all: number, here: number) =>
    `${all === 1 ? 'One repository is' : `${all} repositories are`} watched; ${here} of them here, which only grow and are guarded.`,
  missing: (name: string, folder: string) =>
    words(
      `${clean(name, 60)}: there is no git repository at ${clean(folder, 200)}.`,
      `ls -ld ${quoted(folder)}`,
    ),
  open: (name: string, folder: string, settings: readonly string[]) =>
    words(
      `${clean(name, 60)}: git itself accepts rewritten or deleted history.`,
      settings.map(each => `git -C ${quoted(folder)} config receive.${each} true`).join(' && '),
    ),
  unguarded: (name: string, folder: string) =>
    words(
      `${clean(name, 60)} has no guard: changes without a reason are reported, not refused.`,
      `vi ${quoted(`${folder}/hooks/pre-receive`)}   (exec claude-auth changes guard)`,
    ),
  nobody: words(
    'Repositories are watched, and nobody is told: the configuration names no alerts.',
    'vi /etc/claude-auth/config.yaml   (alerts: …)',
  ),
}
