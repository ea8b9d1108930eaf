// Sending, under the gate: which messages are due, claimed among the hosts of a shared path, handed to all sinks at once in
// bounded time.

import type { AlertResult } from '../policy/outcome.js'
import { AuthError, errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { troubleSentence, troubleText, unknownErrorWords } from '../text/trouble.js'
import { type Claimed, claimAlerts } from './claim.js'
import { afterDelivery, nextAlert } from './condition.js'
import type { AlertCondition, AlertMessage } from './memory.js'
import type { AlertRun, Sink, SinkRun } from './sink.js'
import { isNobodyTold, sinkFiles } from './sinks.js'

/** For claiming and delivering together; each may have half of it. */
const alertsMs = 3_000
/** Longer than an alert at a launch may take: the sender of such a message waits for nothing else. */
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

const tookTooLong = makeTrouble('it took too long')

export interface Delivery {
  /** `sent`: every sink has taken all that is meant for it. */
  result: 'sent' | 'failed'
  /** What some sink has not taken yet, for `afterDelivery`. */
  left: AlertMessage[]
  /** One for each sink that failed, for the journal. */
  troubles: { sink: string; trouble: Trouble }[]
}

/**
 * Sends each message to each sink that has not taken it, the sinks at the same time, and comes back
 * after `limitMs` at the latest. A sink that throws has failed; nothing is thrown from here.
 */
export async function deliver(
  messages: readonly AlertMessage[],
  sinks: readonly Sink[],
  limitMs = 3_000,
): Promise<Delivery> {
  const records = messages.map(message => ({ ...message, sentTo: [...message.sentTo] }))
  const troubles = new Map<string, Trouble>()
  const all = Promise.all(sinks.map(sink => sendAll(records, sink, limitMs, troubles)))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([all, late])
  clearTimeout(timer)

  const left: AlertMessage[] = []
  for (const record of records) {
    const behind = sinks.filter(sink => isFor(record, sink))
    for (const { name } of behind) if (!troubles.has(name)) troubles.set(name, tookTooLong)
    if (behind.length > 0) left.push(structuredClone(record))
  }
  return {
    result: left.length === 0 ? 'sent' : 'failed',
    left,
    troubles: [...troubles].map(([sink, trouble]) => ({ sink, trouble })),
  }
}

/** Oldest first, and none after one that failed: the end must not arrive before the begin. */
async function sendAll(
  records: AlertMessage[],
  sink: Sink,
  limitMs: number,
  troubles: Map<string, Trouble>,
): Promise<void> {
  const wanted = records.filter(record => isFor(record, sink))
  const timeoutMs = Math.floor(limitMs / Math.max(1, wanted.length))
  for (const record of wanted) {
    const trouble = await troubleOfSending(sink, record, timeoutMs)
    if (trouble !== null) {
      troubles.set(sink.name, trouble)
      return
    }
    record.sentTo.push(sink.name)
  }
}

function isFor(message: AlertMessage, { name }: Sink): boolean {
  return (message.only === null || message.only.includes(name)) && !message.sentTo.includes(name)
}

/** Null: the sink has taken it. */
async function troubleOfSending(
  sink: Sink,
  message: AlertMessage,
  timeoutMs: number,
): Promise<Trouble | null> {
  try {
    const answer = await sink.send(message, { timeoutMs })
    return answer.taken ? null : makeTrouble(answer.why)
  } catch (error) {
    return error instanceof AuthError ? errorTrouble(error) : makeTrouble(unknownErrorWords(error))
  }
}
