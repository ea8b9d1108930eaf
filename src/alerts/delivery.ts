// Handing messages to their sinks: all at once, bounded in time, and which sink took which is remembered.

import { AuthError } from '../system/error.js'
import { errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { unknownErrorWords } from '../text/trouble.js'
import type { AlertMessage } from './memory.js'
import type { Sink } from './sink.js'

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
