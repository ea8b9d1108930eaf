// Writing the health record of a login on this machine, and publishing it where who looks after the site reads it.

import {
  type Decoder,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  recordOf,
  text,
} from '../system/json.js'
import { dayMs, hourMs } from '../system/time.js'
import { AuthError } from '../system/trouble.js'
import { type HealthRecord, recordText, recordVerdicts } from './record.js'

/** What is remembered of the records of one login folder, by their keys. Times are epoch milliseconds. */
export interface RecordMemory {
  /** `at` of the last one that was written here, and what it said. */
  atMs: number
  verdict: HealthRecord['verdict']
  because: string
  sinceMs: number
  loginEndsAtMs: number | null
  /** `at` of the newest one that others can read; null: none. */
  publishedAtMs: number | null
  /** When the store's server last refused one; null: it did not, since the newest one. */
  refusedAtMs: number | null
}

/** Several hosts may share a login folder: each has its own key. */
export type RecordMemories = Readonly<Record<string, RecordMemory>>

const memoryOfOne: Decoder<RecordMemory> = object({
  atMs: number,
  verdict: oneOf(...recordVerdicts),
  because: text,
  sinceMs: number,
  loginEndsAtMs: orNull(number),
  publishedAtMs: orNull(number),
  refusedAtMs: orNull(number),
})

/** What an earlier run remembered (`Memory.records`). */
export const recordMemoriesIn: (value: unknown) => RecordMemories = otherwise(
  recordOf(memoryOfOne),
  {},
)

/** How a record leaves this process. */
export interface RecordPort {
  /** Replaces the one on this machine. Throws `AuthError` where it can't. */
  write: (line: string) => void
  /** Replaces the one that others read; null where no server is spoken to in this run. Never throws. */
  publish: ((line: string) => Promise<'done' | 'refused' | 'failed'>) | null
}

/** What a run came to, as far as it counts here. */
export interface RecordOccasion {
  /** The login was renewed in this run. */
  isRenewed: boolean
  /** Forced: a refusal of this day is tried again. */
  isForced: boolean
}

/** Well within the time after which nothing heard means that something is wrong. */
const anewMs = 20 * hourMs
const askAgainMs = dayMs
/** More hosts than share one login folder. */
const mostKept = 16

/**
 * Writes and publishes `record` where it is due: what it says has changed, the login was renewed, or the last one is 20 h old. One that was
 * written and could not be published is due for that. Gives what is to be remembered; null: nothing happened. Expected
 * trouble is not reported: the next run tries again, and after a refusal one a day later.
 */
export async function keepRecord(
  record: HealthRecord,
  key: string,
  {
    memories,
    occasion,
    port,
  }: { memories: RecordMemories; occasion: RecordOccasion; port: RecordPort },
): Promise<RecordMemories | null> {
  const last = memories[key] ?? null
  const isDue = last === null || occasion.isRenewed || saysMore(record, last)
  const isBehind = last === null || isDue || last.publishedAtMs !== last.atMs
  const publish = isBehind && mayAsk(last, record.at, occasion) ? port.publish : null
  if (!isDue && publish === null) return null
  const said = { ...record, since: sinceOf(record, last) }
  const line = recordText(said)
  if (line === null) return null
  try {
    port.write(line)
  } catch (error) {
    // A full disk is reported where it matters more, and is no reason not to publish.
    if (!(error instanceof AuthError)) throw error
  }
  const ended = publish === null ? 'failed' : await publish(line)
  return newest({ ...memories, [key]: remembered(said, last, ended) })
}

function saysMore(record: HealthRecord, last: RecordMemory): boolean {
  return (
    record.verdict !== last.verdict ||
    record.because !== last.because ||
    record.loginEndsAt !== last.loginEndsAtMs ||
    Math.abs(record.at - last.atMs) >= anewMs
  )
}

function mayAsk(last: RecordMemory | null, nowMs: number, { isForced }: RecordOccasion): boolean {
  const refusedAtMs = last?.refusedAtMs ?? null
  return refusedAtMs === null || isForced || Math.abs(nowMs - refusedAtMs) >= askAgainMs
}

/** As long as a record says the same, it has been so since the first one. */
function sinceOf(record: HealthRecord, last: RecordMemory | null): number {
  const isSame = last?.verdict === record.verdict && last.because === record.because
  return isSame ? Math.min(last.sinceMs, record.since) : record.since
}

function remembered(
  { at, verdict, because, since, loginEndsAt }: HealthRecord,
  last: RecordMemory | null,
  ended: 'done' | 'refused' | 'failed',
): RecordMemory {
  const before = { publishedAtMs: null, refusedAtMs: null, ...last }
  const published = {
    done: { publishedAtMs: at, refusedAtMs: null },
    refused: { publishedAtMs: before.publishedAtMs, refusedAtMs: at },
    failed: { publishedAtMs: before.publishedAtMs, refusedAtMs: before.refusedAtMs },
  }[ended]
  return { atMs: at, verdict, because, sinceMs: since, loginEndsAtMs: loginEndsAt, ...published }
}

function newest(memories: RecordMemories): RecordMemories {
  const byTime = Object.entries(memories).sort(([, one], [, other]) => other.atMs - one.atMs)
  return Object.fromEntries(byTime.slice(0, mostKept))
}

/** The keys of all records that others may still read. */
export function publishedKeys(memories: RecordMemories): string[] {
  return Object.keys(memories).filter(key => memories[key]?.publishedAtMs !== null)
}
