// Writes the health record of a login on this machine, and publishes it for the admin of the site.

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

/** Where a record is written to. */
export interface RecordPort {
  /** Replaces the record on this machine. Throws `AuthError`. */
  write: (line: string) => void
  /** Replaces the published record; null: this run talks to no server. Never throws. */
  publish: ((line: string) => Promise<'done' | 'refused' | 'failed'>) | null
}

/** What of a run decides whether a record is due. */
export interface RecordOccasion {
  /** The login was renewed in this run. */
  isRenewed: boolean
  /** The run was forced: a refusal of less than a day ago is tried again. */
  isForced: boolean
}

/** Well within `fleet.silentAfter`. */
const anewMs = 20 * hourMs
const askAgainMs = dayMs
/** More than the hosts that share one login folder. */
const mostKept = 16

/**
 * Writes and publishes `record` if it is due: its contents changed, the login was renewed, or the last one is 20 h old. A record
 * that was written but not published is still due for publication. Returns what to remember; null: nothing happened. Expected
 * failures are not reported: the next run tries again; after a refusal, one a day later.
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
    // A full disk is reported elsewhere, and is no reason not to publish.
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

/** Unchanged records keep the time of the first one. */
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

/** The keys of all published records. */
export function publishedKeys(memories: RecordMemories): string[] {
  return Object.keys(memories).filter(key => memories[key]?.publishedAtMs !== null)
}
