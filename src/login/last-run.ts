// The last run of the engine, step by step, as it is kept in `last.json` (0600) beside the marks.

import type { Step, Verdict } from '../policy/outcome.js'
import { type Decoder, flag, listOf, number, object, orNull, text } from '../system/decode.js'
import { jsonObject } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import type { Trouble } from '../system/trouble.js'
import { atomicWrite } from '../system/write-file.js'
import { troubleIn } from '../text/trouble.js'
import type { Actor } from './journal.js'

export const lastRunFile = 'last.json'

export type LastStep = Step & {
  /** Milliseconds after the run began, and how long it took. */
  afterMs: number
  ms: number
  /** It did what it is called. */
  done: boolean
}

export interface LastRun {
  /** ISO 8601, UTC: when it began. */
  at: string
  host: string
  actor: Actor
  verdict: Verdict
  because: Step['because']
  tookMs: number
  /** When a launch could go on; null: it was not recorded. */
  toldAfterMs: number | null
  steps: LastStep[]
  /** The lines that a launch showed. */
  said: string[]
  trouble: Trouble | null
}

/** The last launch that had to look, and the last run of anybody else. */
export interface LastRuns {
  launch: LastRun | null
  other: LastRun | null
}

const largest = 256 * 1024
const nobody: LastRuns = { launch: null, other: null }

/** A word of another version is kept as it is. */
const anyWord = <T extends string>() => text as Decoder<T>

const runIn = object({
  at: text,
  host: text,
  actor: anyWord<Actor>(),
  verdict: anyWord<Verdict>(),
  because: anyWord<Step['because']>(),
  tookMs: number,
  toldAfterMs: orNull(number),
  steps: listOf(
    object({
      do: text,
      because: text,
      afterMs: number,
      ms: number,
      done: flag,
    }) as Decoder<LastStep>,
  ),
  said: listOf(text),
  trouble: orNull(troubleIn),
})

/** Keeps `run` in the place of the one before of its kind. A disk that is full forgets it. */
export function writeLastRun(path: string, run: LastRun, nonce: string): void {
  const before = readLastRuns(path)
  const runs: LastRuns =
    run.actor === 'launch' ? { ...before, launch: run } : { ...before, other: run }
  try {
    atomicWrite(path, JSON.stringify({ format: 1, ...runs }), { nonce, durable: false })
  } catch {
    // Nothing depends on it.
  }
}

/** What is kept at `path`; nothing if it is missing, damaged, or not our file. */
export function readLastRuns(path: string): LastRuns {
  const found = jsonObject(textAt(path, { maxBytes: largest, links: 'refuse' }) ?? '')
  if (found?.['format'] !== 1) return nobody
  return { launch: runIn(found['launch']) ?? null, other: runIn(found['other']) ?? null }
}
