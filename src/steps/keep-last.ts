// Keeping what the last run did, step by step, for `claude-auth log --last`.

import { join } from 'node:path'
import { type LastStep, lastRunFile, writeLastRun } from '../report/last-run.js'
import type { Run } from '../run.js'
import type { Report } from './report.js'

/** A run on its way. Times are epoch milliseconds. */
export interface Trail {
  beganAtMs: number
  /** When a launch could go on; null: not yet. */
  toldAtMs: number | null
  steps: LastStep[]
}

/** Leaves the run's story beside the marks. It is for reading only: trouble with it is nobody's. */
export function keepLast(run: Run, { outcome, lines, trouble }: Report, trail: Trail): void {
  if (!run.owned || run.config.mode === 'off') return
  const toldAfterMs = trail.toldAtMs === null ? null : trail.toldAtMs - trail.beganAtMs
  writeLastRun(
    join(run.paths.state, lastRunFile),
    {
      at: new Date(trail.beganAtMs).toISOString(),
      host: run.person.host,
      actor: run.actor,
      verdict: outcome.verdict,
      because: outcome.because,
      tookMs: run.now() - trail.beganAtMs,
      toldAfterMs,
      steps: trail.steps,
      said: lines,
      trouble,
    },
    run.nonce(),
  )
}
