// `claude-auth ensure`: the one engine, run by wrapper, hooks, timer and people alike.

import type { Config } from '../config/config.js'
import { ensureLines, signInJournalLine } from '../engine/ensure-words.js'
import { handBackWhenOff } from '../engine/hand-back.js'
import {
  configForShell,
  configOf,
  loginContextOf,
  otherLogins,
  worstCode,
} from '../engine/login-context.js'
import { brokenOutcome } from '../engine/outcome.js'
import { runOnce } from '../engine/run-once.js'
import type { Report } from '../engine/tell.js'
import type { Actor } from '../login/journal.js'
import { exitCodes, type Outcome } from '../policy/outcome.js'
import type { Env } from '../system/paths.js'
import {
  passedOn,
  programInPlace,
  type RunningProgram,
  runInPlace,
  standing,
} from '../system/program-places.js'
import { AuthError } from '../system/trouble.js'
import { whoAmI } from '../system/users.js'
import { freshNonce } from '../system/write-file.js'
import { jsonText } from '../text/clean.js'
import { durationMs } from '../text/durations.js'
import { progress } from '../text/terminal.js'
import {
  type EnsureFlags,
  flagsOf,
  gateDescriptor,
  type HandedOver,
  handedOver,
} from './ensure-flags.js'
import { ensureForLaunch } from './ensure-for-launch.js'
import { exitCodeOf } from './errors.js'

/** Runs to its end and gives the exit code of the verdict. */
export async function ensure(argv: string[], caller: Env): Promise<number> {
  const flags = flagsOf(argv)
  const launch = handedOver(flags['launch-in-environ'] ?? false, caller)
  const { env } = launch
  if (flags.for === 'launch' || flags.for === 'session') return ensureForLaunch(flags, launch)
  if (flags.for === 'shell') return tellShell(env)
  if (flags.every !== undefined) return forEver(flags, env)
  return flags.for === 'timer'
    ? (await turn(flags, env)).code
    : ensureLogin(flags, env, unknown(), launch)
}

/** What the wrapper and the hooks ask once, until a file of the configuration changes. */
async function tellShell(env: Env): Promise<number> {
  const place = loginContextOf(env)
  const readAtMs = Date.now()
  const config = await configOf(place, env)
  const text = configForShell(place, env, config, { readAtMs, nonce: freshNonce() })
  process.stdout.write(text ?? '')
  return 0
}

async function ensureLogin(
  flags: EnsureFlags,
  env: Env,
  known: Known,
  launch?: HandedOver,
): Promise<number> {
  const over = progress(
    'Looking at the login',
    flags.for === undefined ? process.stderr : null,
    env,
  )
  let isShown = false
  const show = ({ outcome, trouble }: Pick<Report, 'outcome' | 'trouble'>) => {
    over()
    if (isShown) return
    isShown = true
    if (flags.json) print([jsonText(outcome)])
    else if (flags.for === 'timer') warn(journalLines(outcome, env, known))
    else if (flags.for === undefined)
      print(ensureLines(outcome, Date.now(), trouble, known.report ?? {}))
  }
  try {
    const ended = await run(flags, env, known, { launch, end: show }).finally(over)
    known.interrupted = ended.interrupted
    show(ended)
    return exitCodes[ended.outcome.verdict]
  } catch (error) {
    // The reader of the object gets one in any case; `main` reports the error.
    if (flags.json && !isShown) print([jsonText(brokenOutcome(known.config))])
    throw error
  }
}

/** What a run let us know on its way. */
interface Known {
  config: Config | null
  report: Report | null
  interrupted: boolean
}

function unknown(): Known {
  return { config: null, report: null, interrupted: false }
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function run(
  flags: EnsureFlags,
  env: Env,
  known: Known,
  { launch, end }: { launch: HandedOver | undefined; end: (report: Report) => void },
) {
  const isTyped = actorOf(flags) === 'command'
  const ended = await runOnce(env, {
    begin: config => {
      known.config = config
    },
    actor: actorOf(flags),
    forced: flags.force ?? false,
    signedIn: flags.for === 'sign-in',
    offline: flags.offline ?? false,
    client: launch?.client ?? null,
    isClientChosen: flags.override ?? false,
    gateDescriptor: gateDescriptor(flags),
    ...(launch?.folder ? { cwd: launch.folder } : {}),
    // Switched off, a login may still be handed back: what that comes to is told.
    end: report => {
      if (known.config?.mode === 'on') end(report)
    },
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

/** For a service manager's journal: who needs to sign in, and nothing else. */
function journalLines(outcome: Outcome, env: Env, { config, report }: Known): string[] {
  const { user } = whoAmI(env)
  const profile = config?.profile === 'default' ? null : (config?.profile ?? null)
  const whose = { user, profile, email: report?.expectedEmail ?? null }
  const command = report?.signInCommand ?? 'claude-auth login'
  return [signInJournalLine(outcome, whose, command)].filter(line => line !== null)
}

interface Turn {
  code: number
  interrupted: boolean
}

/** This login, and then every other one that is managed: one that fails keeps none of the others waiting. */
async function turn(flags: EnsureFlags, env: Env): Promise<Turn> {
  const known = unknown()
  const codes = [await exitCodeOf(() => ensureLogin(flags, env, known))]
  const others = known.config === null ? [] : otherLogins(env, known.config, whoAmI(env).home)
  const { json: _, ...silent } = flags
  for (const other of others) {
    if (known.interrupted) break
    codes.push(await exitCodeOf(() => ensureLogin(silent, other, known)))
  }
  return { code: worstCode(codes), interrupted: known.interrupted }
}

async function forEver(flags: EnsureFlags, env: Env): Promise<number> {
  const everyMs = durationMs(flags.every ?? '')
  if (everyMs === null || everyMs < 60_000)
    throw new AuthError('usage', '--every: expected a duration of at least 1m, such as 15m')
  const { json: _, ...silent } = flags
  const program = programInPlace()
  const stop = stopSignal()
  for (;;) {
    const { code, interrupted } = await turnInPlace(program, { ...silent, for: 'timer' }, env)
    if (interrupted || stop.name() !== null) return code
    // Jitter, so that hosts started together don't ask together.
    await stop.orAfter(everyMs * (0.9 + Math.random() * 0.2))
    const name = stop.name()
    // As without a handler: a service manager takes that for an end in good order.
    if (name !== null) stop.endBy(name)
  }
}

/**
 * The signal that asks the loop to end, heard for as long as it runs: one that comes while a turn ends, or fails, would be
 * lost to a handler of that turn alone.
 */
function stopSignal() {
  let came: NodeJS.Signals | null = null
  let wake: () => void = () => undefined
  const hear = (signal: NodeJS.Signals) => {
    came = signal
    wake()
  }
  for (const signal of passedOn) process.on(signal, hear)
  return {
    name: (): NodeJS.Signals | null => came,
    endBy: (signal: NodeJS.Signals) => {
      process.off(signal, hear)
      process.kill(process.pid, signal)
    },
    orAfter: (ms: number) =>
      new Promise<void>(resolve => {
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (came !== null) wake()
      }),
  }
}

/** After an upgrade the newer version takes the turn: ours has lost its files, or soon will. */
async function turnInPlace(program: RunningProgram, flags: EnsureFlags, env: Env): Promise<Turn> {
  const now = standing(program)
  if (now === 'same') return turn(flags, env)
  if (now === 'gone')
    throw new AuthError('internal', `${program.folder} holds no program any more`, {
      hint: 'claude-auth install --help',
    })
  const given = (['force', 'offline'] as const).filter(name => flags[name])
  const words = ['ensure', '--for', 'timer', ...given.map(name => `--${name}`)]
  return runInPlace(program, words, env)
}

function actorOf(flags: EnsureFlags): Actor {
  if (flags.for === 'soon') return 'launch'
  if (flags.for === 'hook') return 'hook'
  return flags.for === 'timer' ? 'timer' : 'command'
}
