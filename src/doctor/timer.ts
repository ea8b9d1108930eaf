// What renews between launches: systemd's timers for this user, or a loop of `ensure --every`.

import { existsSync } from 'node:fs'
import { readJournal } from '../login/journal.js'
import { textAt } from '../system/open-file.js'
import { processesOf } from '../system/processes.js'
import { askProgram, plainEnv } from '../system/start-program.js'
import { hourMs } from '../system/time.js'
import { clean } from '../text/clean.js'
import { agoWords } from '../text/durations.js'
import { type ExamineOptions, type Finding, found, ok, pasted, words } from './check.js'
import type { LoginFacts } from './login-facts.js'

/** It runs every 15 minutes with jitter; a machine that slept for a night is no fault. */
const silentMs = 26 * hourMs

/** Is the login renewed between launches, and when was it last? */
export function timer({ login, timer }: { login: LoginFacts; timer: TimerFacts }): Finding {
  const nowMs = login.run.now()
  const { timers, loop, systemd } = timer
  if (loop !== null) return ok(timerWords.loops(loop))
  const active = timers.find(({ isActive }) => isActive)
  if (!active) {
    const stopped = timers[0]
    if (stopped) return found('warn', timerWords.stopped(stopped.of))
    return found('note', timerWords[systemd])
  }
  const { of, lastRunMs, result } = active
  if (result !== null && !['success', 'exec-condition'].includes(result))
    return found('warn', timerWords.failed(result, of, login.place.person.user))
  const lastMs = Math.max(lastRunMs ?? 0, timer.lastChangeMs ?? 0) || null
  if (lastMs !== null && nowMs - lastMs > silentMs)
    return found('warn', timerWords.late(lastMs, nowMs, of))
  return ok(timerWords.runs(lastMs, nowMs, of))
}

const timerWords = {
  runs: (lastMs: number | null, nowMs: number, of: 'user' | 'system') => {
    const which = of === 'user' ? 'The timer is on' : "The machine's timer is on"
    return lastMs === null
      ? `${which}; it has not run yet.`
      : `${which}; it last ran ${agoWords(lastMs, nowMs)}.`
  },
  loops: (pid: number) => `\`claude-auth ensure --every\` is running (process ${pid}).`,
  answers: words('No timer renews between launches.', 'claude-auth install'),
  silent: words(
    "Whether the machine's timer renews between launches is not known: systemd gives this user no answer.",
    'sudo claude-auth doctor --system --only timer',
  ),
  none: words(
    'No timer renews between launches, and there is no systemd to run one.',
    'claude-auth ensure --every 15m &',
  ),
  stopped: (of: 'user' | 'system') =>
    of === 'user'
      ? words(
          'The timer is installed but not running.',
          'systemctl --user enable --now claude-auth.timer',
        )
      : words(
          "The machine's timer is installed but not running.",
          'sudo systemctl enable --now claude-auth-users.timer',
        ),
  late: (lastMs: number, nowMs: number, of: 'user' | 'system') =>
    words(
      `${of === 'user' ? 'The timer' : "The machine's timer"} is on, but it last ran ${agoWords(lastMs, nowMs)}.`,
      of === 'user'
        ? 'systemctl --user status claude-auth.timer'
        : 'systemctl status claude-auth-users.timer',
    ),
  failed: (result: string, of: 'user' | 'system', user: string) =>
    words(
      `The last run of ${of === 'user' ? 'the timer' : "the machine's timer"} failed (${clean(result, 40)}).`,
      of === 'user'
        ? 'journalctl --user -u claude-auth.service -n 20'
        : `sudo journalctl -u ${pasted(`claude-auth@${user}.service`)} -n 20`,
    ),
}

export interface TimerFacts {
  /** The timers that are there; none where systemd knows of none or does not run. */
  timers: Timer[]
  /** Process of this user that runs `ensure --every`; null: none. */
  loop: number | null
  /** `silent`: the machine's is at work and does not answer this user (no system bus); `none`: none is at work. */
  systemd: 'answers' | 'silent' | 'none'
  /** When a timer last changed something, by the journal; null: never, or too long ago. */
  lastChangeMs: number | null
  /** The environment that the timer at work gives to its run; null where it can't be asked. */
  env: Record<string, string> | null
}

export interface Timer {
  /** The user's own, or root's for all users. */
  of: 'user' | 'system'
  isActive: boolean
  isEnabled: boolean
  lastRunMs: number | null
  /** How its service ended last: `success`, `exec-condition` where it was not needed, or systemd's word for the failure. */
  result: string | null
}

const answerMs = 10_000

const mostBytes = 64 * 1024

export async function timerFacts(
  { place }: LoginFacts,
  { env }: ExamineOptions,
): Promise<TimerFacts> {
  const { person, paths } = place
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${person.uid}`
  const ask = async (args: string[]): Promise<string | null> => {
    const given = plainEnv({ ...env, XDG_RUNTIME_DIR: runtime, LC_ALL: 'C' })
    const said = await askProgram('systemctl', args, { env: given, timeoutMs: answerMs })
    return said.kind === 'ended' && said.code === 0 ? said.stdout : null
  }
  const [users, systems, environment] = await Promise.all([
    timerOf('user', ask, ['claude-auth.timer', 'claude-auth.service']),
    timerOf('system', ask, ['claude-auth-users.timer', `claude-auth@${person.user}.service`]),
    ask(['--user', 'show-environment']),
  ])
  const { lines } = readJournal(paths.journal)
  const ofUser = environment === null ? null : pairsOf(environment)
  const isUsers = users?.timer?.isActive === true
  const ofMachine = systems?.timer?.isActive === true ? machineEnv() : null
  return {
    timers: [users, systems].flatMap(each => (each?.timer ? [each.timer] : [])),
    loop: loopOf(person.uid),
    systemd: systemdAs(users !== null, systems !== null),
    lastChangeMs: lines.findLast(({ entry }) => entry.actor === 'timer')?.atMs ?? null,
    env: isUsers ? ofUser : (ofMachine ?? ofUser),
  }
}

function systemdAs(isUserAnswered: boolean, isSystemAnswered: boolean): TimerFacts['systemd'] {
  if (isSystemAnswered) return 'answers'
  if (existsSync('/run/systemd/system')) return 'silent'
  return isUserAnswered ? 'answers' : 'none'
}

/** What the machine's service reads besides: lines `NAME=value`, the value quoted or not. */
function machineEnv(): Record<string, string> {
  const pairs = pairsOf(textAt('/etc/environment', { maxBytes: mostBytes }) ?? '')
  const bare = (value: string) => value.trim().replace(/^(["'])(.*)\1$/, '$2')
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, bare(value)]))
}

const properties = 'LoadState,ActiveState,UnitFileState,LastTriggerUSec,Result'

/** Null where this systemd can't be asked. */
async function timerOf(
  of: Timer['of'],
  ask: (args: string[]) => Promise<string | null>,
  units: [timer: string, service: string],
): Promise<{ timer: Timer | null } | null> {
  const manager = of === 'user' ? ['--user'] : []
  const [timer, run] = await Promise.all(
    units.map(unit =>
      ask([...manager, 'show', unit, `--property=${properties}`, '--timestamp=unix']),
    ),
  )
  if (timer == null) return null
  const said = pairsOf(timer)
  if (said['LoadState'] !== 'loaded') return { timer: null }
  const seconds = /^@(\d+)/.exec(said['LastTriggerUSec'] ?? '')?.[1]
  return {
    timer: {
      of,
      isActive: said['ActiveState'] === 'active',
      isEnabled: /^(?:enabled|linked|static|generated)/.test(said['UnitFileState'] ?? ''),
      lastRunMs: seconds === undefined ? null : Number(seconds) * 1000,
      result: run == null ? null : (pairsOf(run)['Result'] ?? null),
    },
  }
}

function pairsOf(text: string): Record<string, string> {
  const lines = text.split('\n').map(line => /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line))
  return Object.fromEntries(lines.flatMap(line => (line ? [[line[1] ?? '', line[2] ?? '']] : [])))
}

/** By its arguments: a process of this user's that runs `claude-auth ensure --every …`. */
function loopOf(uid: number): number | null {
  const loop = processesOf(uid).find(({ pid }) => {
    const words = (textAt(`/proc/${pid}/cmdline`, { maxBytes: mostBytes }) ?? '').split('\0')
    const at = words.indexOf('ensure')
    const isOurs = at > 0 && /(?:^|\/)claude-auth$/.test(words[at - 1] ?? '')
    return isOurs && words.some(word => word === '--every' || word.startsWith('--every='))
  })
  return loop?.pid ?? null
}
