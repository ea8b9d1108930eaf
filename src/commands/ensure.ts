// `claude-auth ensure`: the one engine, run by wrapper, hooks, timer and people alike.

import type { Config } from '../host/config.js'
import { durationMs } from '../host/duration.js'
import { AuthError } from '../host/error.js'
import type { Env } from '../host/paths.js'
import { exitCodes } from '../outcome.js'
import { ensureLines } from '../report/command-text.js'
import { errorLines } from '../report/error-text.js'
import type { Actor } from '../report/journal.js'
import { progress } from '../report/progress.js'
import { brokenOutcome } from '../steps/outcome-of.js'
import type { Report } from '../steps/report.js'
import { type EnsureFlags, flagsOf, gateDescriptor } from './ensure-flags.js'
import { ensureForLaunch } from './ensure-for-launch.js'
import { handBackWhenOff } from './hand-back.js'
import { runOnce } from './run-once.js'

/** Runs to its end and gives the exit code of the verdict. */
export async function ensure(argv: string[], env: Env): Promise<number> {
  const flags = flagsOf(argv)
  if (flags.for === 'launch' || flags.for === 'session') return ensureForLaunch(flags, env)
  if (flags.every !== undefined) return forEver(flags, env)
  const known: Known = { config: null, report: null }
  const over = progress('Looking at the login', flags.for === undefined ? process.stderr : null)
  try {
    const { outcome, trouble } = await run(flags, env, known).finally(over)
    if (flags.json) print([JSON.stringify(outcome)])
    else if (flags.for === undefined)
      print(ensureLines(outcome, Date.now(), trouble, known.report ?? {}))
    return exitCodes[outcome.verdict]
  } catch (error) {
    // A program that reads the object gets one, whatever happens; `main` says what broke.
    if (flags.json) print([JSON.stringify(brokenOutcome(known.config))])
    throw error
  }
}

/** What a run let us know on its way. */
interface Known {
  config: Config | null
  report: Report | null
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function run(flags: EnsureFlags, env: Env, known: Known) {
  const isTyped = actorOf(flags) === 'command'
  const ended = await runOnce(env, {
    begin: config => {
      known.config = config
    },
    actor: actorOf(flags),
    forced: flags.force ?? false,
    signedIn: flags.for === 'sign-in',
    offline: flags.offline ?? false,
    client: flags.client ?? null,
    ...(flags.override === undefined ? {} : { override: flags.override }),
    gateDescriptor: gateDescriptor(flags),
    ...(flags.cwd === undefined ? {} : { cwd: flags.cwd }),
    tell: (report, { leave }) => {
      known.report = report
      if (isTyped) warn(report.warnings)
      else leave(report.warnings)
    },
    ...(isTyped ? { later: warn } : {}),
  })
  await handBackWhenOff(ended.config, env, gateDescriptor(flags))
  return ended
}

function warn(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

async function forEver(flags: EnsureFlags, env: Env): Promise<number> {
  const everyMs = durationMs(flags.every ?? '')
  if (everyMs === null || everyMs < 60_000)
    throw new AuthError('usage', '--every: expected a duration of at least 1m, such as 15m')
  for (;;) {
    try {
      const { interrupted, outcome } = await run(flags, env, { config: null, report: null })
      if (interrupted) return exitCodes[outcome.verdict]
    } catch (error) {
      process.stderr.write(`${errorLines(error).join('\n')}\n`)
    }
    // Jitter, so that hosts started together don't ask together.
    const waitMs = everyMs * (0.9 + Math.random() * 0.2)
    await new Promise(resolve => setTimeout(resolve, waitMs))
  }
}

function actorOf(flags: EnsureFlags): Actor {
  if (flags.for === 'soon') return 'launch'
  if (flags.for === 'hook') return 'hook'
  return flags.for === 'timer' || flags.every !== undefined ? 'timer' : 'command'
}
