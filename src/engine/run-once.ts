// One run of the engine from a command: place, configuration, gate, run, and the gate left again.

import type { Config } from '../config/config.js'
import type { Actor } from '../login/journal.js'
import { clearMarks, writeNotice } from '../login/marks.js'
import type { Outcome } from '../policy/outcome.js'
import { enterLoginGate, type Gate } from '../system/gate.js'
import type { Env } from '../system/paths.js'
import type { Trouble } from '../system/trouble.js'
import { currentFolder } from '../system/users.js'
import { freshNonce } from '../system/write-file.js'
import { startRun } from './context.js'
import { ensure } from './ensure.js'
import { keepBrokenRecord } from './health-record.js'
import { configForShell, configOf, loginContextOf } from './login-context.js'
import type { Run } from './run.js'
import type { Report } from './tell.js'

export interface RunOnceOptions {
  actor: Actor
  forced?: boolean
  offline?: boolean
  /** The user has just signed in. */
  signedIn?: boolean
  client?: string | null
  cwd?: string
  /** The gate, already entered by the wrapper on this descriptor. */
  gateDescriptor?: number | null
  /** How long to wait at the gate; long enough for any run, if not given. */
  gateWaitMs?: number
  /** The client was chosen for this run only; if not given, `$CLAUDE_AUTH_CLIENT` tells. */
  isClientChosen?: boolean
  /** Signals that end the run between two steps. */
  stopOn?: readonly NodeJS.Signals[]
  /** Replaces the configuration in force. */
  adjust?: (config: Config) => Config
  /** Called when the configuration is known, before the gate is entered. */
  begin?: (config: Config) => void
  /** Something to be done first, inside the gate. */
  prepare?: (run: Run) => Promise<void>
  /** Called once, as soon as a launch could go on. */
  tell?: (report: Report, at: Moment) => void
  /** Called once at the end, when the report is final. The run may still take a request after that. */
  end?: (report: Report) => void
  /** A launch shows the lines that it receives. */
  isHeard?: boolean
  /** Takes what comes up afterwards; if not given, it is left for the next launch at a terminal. */
  later?: (lines: string[]) => void
  patientUntilMs?: (config: Config) => number
}

/** What can be done at the moment of the verdict. */
export interface Moment {
  gate: Gate | null
  /** Leaves lines for the next launch at a terminal. */
  leave: (lines: string[]) => void
}

/** Longer than a whole renewal with all its waiting. */
const gateWaitMs = 90_000

/** Runs `ensure` to its end. Throws `AuthError`; then no mark is left that calls the login fresh. */
export async function runOnce(
  env: Env,
  options: RunOnceOptions,
): Promise<{ outcome: Outcome; config: Config; trouble: Trouble | null; interrupted: boolean }> {
  const interruption = hearing(options.stopOn ?? ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
  const place = loginContextOf(env)
  let gate: Gate | null = null
  let begun: Run | null = null
  try {
    const configReadAtMs = Date.now()
    const inForce = await configOf(place, env)
    const config = options.adjust?.(inForce) ?? inForce
    configForShell(place, env, inForce, { readAtMs: configReadAtMs, nonce: freshNonce() })
    options.begin?.(config)
    const enters = place.owned && config.mode !== 'off'
    gate = enters
      ? enterLoginGate(
          place.paths.gate,
          options.gateDescriptor ?? null,
          options.gateWaitMs ?? gateWaitMs,
        )
      : null
    const run = await startRun(place, config, {
      env,
      cwd: options.cwd ?? currentFolder(),
      actor: options.actor,
      forced: options.forced ?? false,
      offline: options.offline ?? false,
      signedIn: options.signedIn ?? false,
      client: options.client ?? null,
      isClientChosen: options.isClientChosen ?? Boolean(env['CLAUDE_AUTH_CLIENT']),
      configReadAtMs,
    })
    begun = run
    await options.prepare?.(run)
    const { outcome, trouble } = await ensure(run, {
      tell: report => options.tell?.(report, { gate, leave: leaveNotice(run) }),
      ...(options.end === undefined ? {} : { end: options.end }),
      isHeard: options.isHeard ?? false,
      leave: options.later ?? leaveNotice(run),
      patientUntilMs: options.patientUntilMs?.(config) ?? 0,
      interrupted: interruption.came,
    })
    return { outcome, config, trouble, interrupted: interruption.came() }
  } catch (error) {
    if (place.owned) clearMarks(place.paths)
    if (begun !== null && !interruption.came()) await keepBrokenRecord(begun)
    throw error
  } finally {
    gate?.leave()
    interruption.release()
  }
}

function leaveNotice(run: Run) {
  return (lines: string[]) => {
    if (lines.length > 0) writeNotice(run.paths, lines, run.nonce())
  }
}

/**
 * Ctrl-C and a service manager's stop wait for the step at work: a request in flight is never left. Ctrl-Z does
 * nothing: stopped, we would hold the client's locks, which client 2.1.197 steals after 10 s.
 */
function hearing(signals: readonly NodeJS.Signals[]) {
  let came = false
  const hear = () => {
    came = true
  }
  const stay = () => undefined
  process.on('SIGTSTP', stay)
  for (const signal of signals) process.on(signal, hear)
  return {
    came: () => came,
    release: () => {
      process.off('SIGTSTP', stay)
      for (const signal of signals) process.off(signal, hear)
    },
  }
}
