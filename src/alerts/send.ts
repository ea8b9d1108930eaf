// Sending: decides, under the gate, which messages are due, claims them among the hosts of a shared path, and delivers them.

import type { AlertResult } from '../policy/outcome.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { troubleSentence, troubleText } from '../text/trouble.js'
import { type Claimed, claimAlerts } from './claim-on-store.js'
import { afterDelivery, nextAlert } from './condition.js'
import type { AlertCondition, AlertMessage } from './memory.js'
import type { AlertRun, SinkRun } from './run.js'
import type { Sink } from './sink.js'
import { isNobodyTold, sinkFiles } from './sinks.js'

/** For claiming and delivering together; each may have half of it. */
const alertsMs = 3_000
/** Longer than an alert at a launch may take: whoever sends such a message waits for just this. */
const aloneMs = 10_000

/**
 * Sends what is due for `condition`, in at most about 3 s; what can't be delivered is kept for later runs, what
 * another host on the same path tells is left to it. `undefined`: this run can't tell whether a person is needed.
 * `off`: no sink is configured.
 */
export async function sendAlerts(
  run: AlertRun,
  condition: AlertCondition | null | undefined,
): Promise<AlertResult> {
  if (run.offline || !run.owned || isNobodyTold(run.config.alerts)) return 'off'
  if (condition === undefined) return 'unchanged'
  const before = run.memory()
  const { memory, messages } = nextAlert(before, condition, run.now())
  if (JSON.stringify(memory) !== JSON.stringify(before)) run.commit(memory)
  if (messages.length === 0) return 'unchanged'
  const beganMs = performance.now()
  const claimed = await claimAlerts(run, memory, alertsMs / 2)
  if (claimed.left.length > 0) run.journal('left', kindsOf(claimed.left))
  if (claimed.messages.length === 0) {
    run.commit(claimed.memory)
    return 'unchanged'
  }
  if (claimed.memory !== memory) run.commit(claimed.memory)
  const restMs = Math.max(alertsMs - (performance.now() - beganMs), alertsMs / 2)
  return deliverClaimed(run, claimed, restMs)
}

/** Why a message still waits to be taken; null: none does. */
export function alertTroubleOf({
  memory,
  config,
}: Pick<AlertRun, 'memory' | 'config'>): Trouble | null {
  return isNobodyTold(config.alerts) ? null : (memory().retry?.trouble ?? null)
}

/** Sends a test message to every sink. `trouble`: what they said against it. Nothing of it is remembered. */
export async function sendTestAlert(run: AlertRun): Promise<Told> {
  const { id, atMs } = { id: `test-${run.nonce()}`, atMs: run.now() }
  return sendNow(run, { kind: 'test', id, atMs, sinceMs: atMs, sentTo: [], only: null })
}

/** What became of a message that no memory holds; `sentTo`: the sinks that have taken it. */
export type Told =
  | { kind: 'sent' | 'nobody'; sentTo: string[] }
  | { kind: 'failed'; sentTo: string[]; trouble: Trouble }

/** Sends one message to every sink that has not taken it, in at most 10 s, and remembers nothing. */
export async function sendNow(run: SinkRun, message: AlertMessage): Promise<Told> {
  const all = await openSinks(run)
  if (all.length === 0) return { kind: 'nobody', sentTo: [] }
  const { deliver } = await import('./delivery.js')
  const { result, left, troubles } = await deliver([message], all, aloneMs)
  const everyone = [...message.sentTo, ...all.map(({ name }) => name)]
  if (result === 'sent') return { kind: 'sent', sentTo: [...new Set(everyone)] }
  return { kind: 'failed', sentTo: left[0]?.sentTo ?? [], trouble: together(troubles) }
}

async function deliverClaimed(
  run: AlertRun,
  { memory, messages, unclaimed }: Claimed,
  limitMs: number,
): Promise<AlertResult> {
  const { deliver } = await import('./delivery.js')
  const { result, left, troubles } = await deliver(messages, await openSinks(run), limitMs)
  const trouble = troubles.length === 0 ? null : together(troubles)
  const after = afterDelivery(memory, left, run.now(), trouble)
  const waiting = memory.pending.filter(({ id }) => messages.every(message => message.id !== id))
  run.commit({ ...after, pending: [...after.pending, ...waiting] })
  const alone = unclaimed === null ? '' : `not agreed with other hosts: ${unclaimed}`
  const words = trouble === null ? '' : troubleText(trouble)
  const all = [kindsOf(messages), alone, words].filter(each => each !== '')
  run.journal(result, all.join('; '))
  return result
}

/** Where the configuration wants messages to go. */
async function openSinks(run: SinkRun): Promise<Sink[]> {
  const sinks: Sink[] = []
  for (const load of Object.values(sinkFiles)) {
    const sink = (await load()).open(run)
    if (sink !== null) sinks.push(sink)
  }
  return sinks
}

function kindsOf(messages: readonly AlertMessage[]): string {
  return messages.map(({ kind }) => kind).join(' ')
}

/** The troubles of several sinks as one: what helps the first is what to type. */
function together(troubles: readonly { sink: string; trouble: Trouble }[]): Trouble {
  const causes = troubles.map(({ sink, trouble }) => `${sink}: ${troubleSentence(trouble)}`)
  const commands = troubles.flatMap(({ trouble }) => trouble.command ?? [])
  return makeTrouble(causes.join('; '), { command: commands[0] ?? null })
}
