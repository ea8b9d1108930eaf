// `ensure --for launch` (or `session`): the detached worker, which answers wrapper or hook with one verdict and then goes on.

import { writeSync } from 'node:fs'
import type { Config } from '../config/config.js'
import { handBackWhenOff } from '../engine/hand-back.js'
import { holdsSpent, isUnsaved } from '../engine/handle-token-reply.js'
import { fixedLine, lateLine, mostLines, unsavedLine } from '../engine/launch-words.js'
import { loginContextOf } from '../engine/login-context.js'
import { runOnce } from '../engine/run-once.js'
import type { Report } from '../engine/tell.js'
import { clearVerdicts, writeOtherVerdict, writeVerdict } from '../login/marks.js'
import { exitCodes, type Outcome } from '../policy/outcome.js'
import type { LoginPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { freshNonce } from '../system/write-file.js'
import { errorLine } from '../text/trouble.js'
import { type EnsureFlags, gateDescriptor, type HandedOver, launchWaitMs } from './ensure-flags.js'

/** From the last retry within a launch's wait to the end of that wait. */
const spareMs = 500

/**
 * The wrapper, or the hook of a session, reads one verdict (`launch`, `prompt` or `fail N`, then lines for a person, then a dot)
 * from standard output: the launch goes on, and so does the run. Nothing at the terminal reaches it.
 */
export async function ensureForLaunch(
  flags: EnsureFlags,
  { env, client, folder }: HandedOver,
): Promise<number> {
  for (const signal of terminalSignals) process.on(signal, () => undefined)
  const answer = answering()
  const startedMs = Date.now()
  const place = loginContextOf(env)
  let timer: NodeJS.Timeout | undefined
  try {
    let config: Config | null = null
    // Launches that wait for this worker share its verdict, never an earlier one.
    if (place.owned) clearVerdicts(place.paths)
    const { outcome, config: inForce } = await runOnce(env, {
      actor: flags.for === 'session' ? 'hook' : 'launch',
      client,
      isClientChosen: flags.override ?? false,
      gateDescriptor: gateDescriptor(flags),
      ...(folder === null ? {} : { cwd: folder }),
      stopOn: ['SIGTERM'],
      isHeard: true,
      begin: found => {
        config = found
        const waitMs = launchWaitMs(flags, found.renewal.launchWaitMs)
        timer = setTimeout(() => answer('launch', [lateLine]), waitMs)
      },
      tell: (report, { gate, leave }) => {
        const terminal = flags.terminal ?? false
        const word = verdictWord(report, config, terminal)
        const all = terminal ? [...report.lines, ...report.warnings] : report.lines
        const said = all.slice(0, word === 'prompt' ? mostLines - 1 : mostLines)
        answer(word, said)
        if (gate !== null)
          share(place.paths, `${flags.foreign ? 'y' : ''}:${folder ?? ''}`, report.outcome, {
            isTerminal: terminal,
            answer: [word, ...said],
          })
        if (!terminal) leave(report.warnings)
        // Waiting launches may go on now; the rest changes no login.
        gate?.share()
      },
      patientUntilMs: ({ custody, renewal }) =>
        custody === 'shared' ? startedMs + launchWaitMs(flags, renewal.launchWaitMs) - spareMs : 0,
    })
    await handBackWhenOff(inForce, env, gateDescriptor(flags))
    return exitCodes[outcome.verdict]
  } catch (error) {
    // Our own trouble stops no launch, except of a client that would post a token which is spent, or spend one for nothing.
    const why = isUnsaved(error) && holdsSpent(place) ? unsavedLine : fixedLineFor(error)
    const isStopped = flags.for === 'launch' && why !== null
    answer(isStopped ? `fail ${exitCodes.broken}` : 'launch', [
      errorLine(error),
      ...(isStopped ? [why] : []),
    ])
    return error instanceof AuthError ? error.exitCode : 1
  } finally {
    clearTimeout(timer)
  }
}

function fixedLineFor(error: unknown): string | null {
  return error instanceof AuthError && error.code === 'login-fixed' ? fixedLine : null
}

/** Gives the verdict to the launches that wait at the gate, where no mark does. `about`: as gate.sh compares it. */
function share(
  paths: LoginPaths,
  about: string,
  outcome: Outcome,
  { isTerminal, answer }: { isTerminal: boolean; answer: string[] },
): void {
  const nonce = freshNonce()
  const isMarked = outcome.because === 'fresh' || outcome.because === 'long-lived'
  try {
    if (outcome.because === 'other-credential') writeOtherVerdict(paths, about, answer, nonce)
    else if (!isMarked || answer.length > 1) writeVerdict(paths, isTerminal, answer, nonce)
  } catch {
    // Then the waiting launches ask for themselves.
  }
}

/** `mode: observe` stops no launch and asks no question. */
function verdictWord(report: Report, config: Config | null, terminal: boolean): string {
  if (report.outcome.verdict !== 'sign-in' || config?.mode !== 'on') return 'launch'
  if (report.stopsLaunch) return `fail ${exitCodes['sign-in']}`
  return terminal && (config.onSignInRequired ?? 'prompt') === 'prompt' ? 'prompt' : 'launch'
}

function answering(): (verdict: string, lines: string[]) => void {
  let answered = false
  return (verdict, lines) => {
    if (answered) return
    answered = true
    try {
      // The dot is the end. Closing the descriptor instead would give its number to the next socket.
      writeSync(1, `${[verdict, ...lines, '.'].join('\n')}\n`)
    } catch {
      // The launch was given up; the renewal is not.
    }
  }
}

const terminalSignals = ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGTTOU', 'SIGTTIN'] as const
