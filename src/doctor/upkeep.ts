// Checks of what works while nobody looks: timer, alerts, and locks that nobody gives back.

import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AlertRun } from '../alerts/run.js'
import { alertTroubleOf, sendTestAlert } from '../alerts/send.js'
import type { SinkState } from '../alerts/sink.js'
import { sinkFiles, sinkNames } from '../alerts/sinks.js'
import { alertRunOf } from '../engine/alert-run.js'
import { observe } from '../engine/observe.js'
import { readJournal } from '../login/journal.js'
import { type LockOwner, ownerIsDead, readOwner } from '../login/lock-owner.js'
import { notedLocks } from '../login/lock-record.js'
import { installMostMs, runMostMs } from '../system/end-of-run.js'
import { isStopped, type LockHolder, lockHolders } from '../system/lock-holders.js'
import { textAt } from '../system/open-file.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { agoWords, durationWords } from '../text/durations.js'
import { type ExamineOptions, type Finding, found, ok } from './check.js'
import type { LoginFacts } from './login-facts.js'
import { askProgram, plainEnv } from './programs.js'
import { pasted, shown, troubleWords, words } from './words.js'

/** It runs every 15 minutes with jitter; a machine that slept for a night is no fault. */
const silentMs = 26 * 3_600_000

/** Does somebody renew while nobody launches, and when did that last happen? */
export function timer({ login, timer }: { login: LoginFacts; timer: TimerFacts }): Finding {
  const nowMs = login.run.now()
  const { timers, loop, hasSystemd } = timer
  if (loop !== null) return ok(timerWords.loops(loop))
  const active = timers.find(({ isActive }) => isActive)
  if (!active) {
    const stopped = timers[0]
    if (stopped) return found('warn', timerWords.stopped(stopped.of))
    return found('note', hasSystemd ? timerWords.none : timerWords.noSystemd)
  }
  const { of, lastRunMs, result } = active
  if (result !== null && !['success', 'exec-condition'].includes(result))
    return found('warn', timerWords.failed(result, of, login.place.person.user))
  const lastMs = Math.max(lastRunMs ?? 0, timer.lastChangeMs ?? 0) || null
  if (lastMs !== null && nowMs - lastMs > silentMs)
    return found('warn', timerWords.silent(lastMs, nowMs, of))
  return ok(timerWords.runs(lastMs, nowMs, of))
}

/** Would somebody hear of it when a sign-in is needed? */
export function alerts({ sinks, waiting, test }: AlertFacts): Finding {
  if (test?.kind === 'sent') return ok(alertWords.tested)
  if (test?.kind === 'failed') return found('warn', alertWords.untaken(test.trouble))
  if (test?.kind === 'nobody') return found('warn', alertWords.nobody)
  if (sinks.length === 0) return found('note', alertWords.nobody)
  for (const { trouble } of sinks) if (trouble !== null) return found('warn', troubleWords(trouble))
  if (waiting !== null) return found('warn', alertWords.waiting(waiting))
  return ok(alertWords.good(sinks.map(({ to }) => to).join(' and ')))
}

/** Locks of the client's whose holder is gone, and whoever holds one, or our gate, and doesn't go on. */
export function locks({ locks, gate }: LockFacts): Finding {
  const stuck = gate.find(({ isStopped, isLate }) => isStopped || isLate)
  if (stuck) return found('warn', lockWords.stuck(stuck))
  const paused = locks.find(({ state }) => state === 'stopped')
  if (paused?.pid) return found('warn', lockWords.paused(paused.path, paused.pid, paused.ageMs))
  const left = locks.filter(({ state }) => state === 'stale' || state === 'dead')
  const [first] = left
  if (first) {
    const fixes = left.map(
      ({ path, birthtimeMs }) => ({ do: 'remove-lock', path, birthtimeMs }) as const,
    )
    const { path, ageMs, state } = first
    const words = state === 'dead' ? lockWords.dead(path) : lockWords.stale(path, ageMs)
    return found('warn', words, ...fixes)
  }
  const [held] = locks
  if (held) return found('note', lockWords.held(held.path, held.ageMs))
  const [busy] = gate
  return busy ? found('note', lockWords.busy(busy)) : ok(lockWords.none)
}

// What doctor says about upkeep: the timer, alerts, and locks that are left behind.

const timerWords = {
  runs: (lastMs: number | null, nowMs: number, of: 'user' | 'system') => {
    const which = of === 'user' ? 'The timer is on' : "The machine's timer is on"
    return lastMs === null
      ? `${which}; it has not run yet.`
      : `${which}; it last ran ${agoWords(lastMs, nowMs)}.`
  },
  loops: (pid: number) => `\`claude-auth ensure --every\` is at work (process ${pid}).`,
  none: words('No timer renews while nobody launches.', 'claude-auth install'),
  noSystemd: words(
    'No timer renews while nobody launches, and there is no systemd to run one.',
    'claude-auth ensure --every 15m &',
  ),
  stopped: (of: 'user' | 'system') =>
    words(
      'The timer is installed but not running.',
      of === 'user'
        ? 'systemctl --user enable --now claude-auth.timer'
        : 'sudo systemctl enable --now claude-auth-users.timer',
    ),
  silent: (lastMs: number, nowMs: number, of: 'user' | 'system') =>
    words(
      `The timer is on, but it last ran ${agoWords(lastMs, nowMs)}.`,
      of === 'user'
        ? 'systemctl --user status claude-auth.timer'
        : 'systemctl status claude-auth-users.timer',
    ),
  failed: (result: string, of: 'user' | 'system', user: string) =>
    words(
      `The timer's last run failed (${clean(result, 40)}).`,
      of === 'user'
        ? 'journalctl --user -u claude-auth.service -n 20'
        : `sudo journalctl -u ${pasted(`claude-auth@${user}.service`)} -n 20`,
    ),
}

export const alertWords = {
  nobody: words(
    `Nobody is told when a sign-in is needed (alerts.${sinkNames.join(', ').replace(/, (\w+)$/, ' or $1')}).`,
  ),
  good: (to: string) => `Messages go to ${clean(to, 300)}.`,
  tested: 'The test message was taken.',
  untaken: (trouble: Trouble) => troubleWords(trouble, 'The test message was not taken'),
  waiting: (trouble: Trouble) => {
    const again = trouble.command === null ? '; it will be tried again' : ''
    return troubleWords(
      { ...trouble, cause: `${trouble.cause}${again}` },
      'A message was not taken',
    )
  },
}

const lockWords = {
  none: "No lock of the client's is left behind.",
  held: (path: string, ageMs: number) =>
    words(`${shown(path)} is held right now (touched ${agoWords(0, ageMs)}).`),
  stale: (path: string, ageMs: number) =>
    words(
      `${shown(path)} was left behind ${durationWords(ageMs)} ago: clients wait for it.`,
      `rmdir ${pasted(path)}`,
    ),
  busy: ({ pid, ageMs }: GateHolder) =>
    words(`Process ${pid}, started ${agoWords(0, ageMs)}, is at work on this login.`),
  stuck: ({ pid, ageMs, isStopped }: GateHolder) =>
    words(
      `Process ${pid} of claude-auth, started ${agoWords(0, ageMs)}, ${isStopped ? 'is stopped' : 'does not come to its end'}: each launch waits for it, and nothing is renewed.`,
      isStopped ? `kill -CONT ${pid}` : `kill -KILL ${pid}`,
    ),
  paused: (path: string, pid: number, ageMs: number) =>
    words(
      `Process ${pid} holds ${shown(path)} and is stopped since about ${durationWords(ageMs)}: clients wait for it.`,
      `kill -CONT ${pid}`,
    ),
  dead: (path: string) =>
    words(`Whoever held ${shown(path)} is gone: clients wait for it.`, `rmdir ${pasted(path)}`),
}

// Who renews while nobody launches: systemd's timers for this user, or a loop of `ensure --every`.

export interface TimerFacts {
  /** The timers that are there; none where systemd knows of none or does not run. */
  timers: Timer[]
  /** Process of this user that runs `ensure --every`; null: none. */
  loop: number | null
  hasSystemd: boolean
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
    hasSystemd: users !== null || systems !== null,
    lastChangeMs: lines.findLast(({ entry }) => entry.actor === 'timer')?.atMs ?? null,
    env: isUsers ? ofUser : (ofMachine ?? ofUser),
  }
}

/** What the machine's service reads besides: lines `NAME=value`, the value quoted or not. */
function machineEnv(): Record<string, string> {
  const pairs = pairsOf(textAt('/etc/environment', { maxBytes: mostBytes }) ?? '')
  const bare = (value: string) => value.trim().replace(/^(["'])(.*)\1$/, '$2')
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, bare(value)]))
}

const properties =
  'LoadState,ActiveState,UnitFileState,LastTriggerUSec,LastTriggerUSecMonotonic,Result'

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
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (statSync(`/proc/${name}`).uid !== uid) continue
      const words = (textAt(`/proc/${name}/cmdline`, { maxBytes: mostBytes }) ?? '').split('\0')
      const at = words.indexOf('ensure')
      const isOurs = at > 0 && /(?:^|\/)claude-auth$/.test(words[at - 1] ?? '')
      if (isOurs && words.some(word => word === '--every' || word.startsWith('--every=')))
        return Number(name)
    } catch {
      // It ended meanwhile.
    }
  }
  return null
}

// Who is told when a sign-in is needed, and whether a message could get there. Sent is only a test, where one is wanted.

export interface AlertFacts {
  /** Where messages go, and what would keep them from it; empty: nobody is told. */
  sinks: SinkState[]
  /** Why a message still waits to be taken. */
  waiting: Trouble | null
  /** What came of the test message; null: none was wanted. */
  test: Awaited<ReturnType<typeof sendTestAlert>> | null
}

export async function alertFacts(
  { run }: LoginFacts,
  { testAlert }: ExamineOptions,
): Promise<AlertFacts> {
  const alerts = alertRunOf(run, observe(run).state)
  return {
    sinks: await sinkStates(alerts),
    waiting: alertTroubleOf(alerts),
    test: testAlert ? await sendTestAlert(alerts) : null,
  }
}

/** Each sink that the configuration names. */
export async function sinkStates(
  alerts: Pick<AlertRun, 'config' | 'person'>,
): Promise<SinkState[]> {
  const states: SinkState[] = []
  for (const load of Object.values(sinkFiles)) {
    const state = (await load()).inspect(alerts)
    if (state !== null) states.push(state)
  }
  return states
}

// The client's locks around the login, and whether whoever holds them still lives.

export interface LockFact {
  path: string
  uid: number
  ageMs: number
  birthtimeMs: number
  /** Who holds it, where that is known and a process of this machine. */
  pid: number | null
  /**
   * `dead`: its owner is gone. `stopped`: it was stopped, and does not touch it. `stale`: not touched for longer than any
   * client holds it.
   */
  state: 'held' | 'stopped' | 'stale' | 'dead'
}

/** A process inside our gate, as far as this user may see it. */
export interface GateHolder extends LockHolder {
  /** At it for longer than any run may take. */
  isLate: boolean
}

export interface LockFacts {
  locks: LockFact[]
  gate: GateHolder[]
}

/** Stale ages of client 2.1.330; a dead holder's is taken over after 8 s. */
const staleMs = { refresh: 60_000, storage: 15_000 }
const deadOwnerMs = 8_000
/** Every live holder touches its lock more often. */
const untouchedMs = 8_000
/** What a run may take beyond its time: it is not ended between a request and its answer. */
const lateMs = 2 * 60_000

/** Those that are there now; none where the login is not this user's. */
export function lockFacts({ place, run }: LoginFacts): LockFacts {
  if (!place.owned) return { locks: [], gate: [] }
  const gate = lockHolders(place.paths.gate).map(each => ({ ...each, isLate: isLate(each) }))
  return { locks: clientLocks(place, run), gate }
}

/** A loop is older than its runs, and a person may sit at the question of an installation. */
function isLate({ words, ageMs }: LockHolder): boolean {
  if (words.some(word => word.startsWith('--every'))) return false
  const isInstallation = words.some(word => word === 'install' || word === 'uninstall')
  return ageMs > (isInstallation ? installMostMs : runMostMs) + lateMs
}

function clientLocks({ paths }: LoginFacts['place'], run: LoginFacts['run']): LockFact[] {
  const { folder } = paths
  const owner = readOwner(folder)
  const isDead = owner !== null && ownerIsDead(owner, run.locks.process)
  const noted = notedLocks(paths.state)
  const births = [owner?.lockBirthtimeMs, owner?.legacyLockBirthtimeMs]
  const all = [
    { path: join(folder, '.oauth_refresh.lock'), limitMs: staleMs.refresh },
    { path: `${realFolder(folder)}.lock`, limitMs: staleMs.refresh },
    { path: join(folder, '.storage-write.lock'), limitMs: staleMs.storage },
  ]
  return all.flatMap(({ path, limitMs }) => {
    const lock = lstatSync(path, { throwIfNoEntry: false })
    if (!lock?.isDirectory()) return []
    const { uid, birthtimeMs } = lock
    const ageMs = run.now() - lock.mtimeMs
    const isOwners = births.some(born => born != null && Math.abs(born - birthtimeMs) < 1)
    const dead = isDead && isOwners && ageMs >= deadOwnerMs
    const ours = noted.find(note => note.path === path && note.birthtimeMs === birthtimeMs)?.by
    const pid = holderOf(isOwners ? owner : null, run) ?? holderOf(ours ?? null, run)
    const stopped = pid !== null && ageMs >= untouchedMs && isStopped(pid)
    const state = dead ? 'dead' : stopped ? 'stopped' : ageMs > limitMs ? 'stale' : 'held'
    return [{ path, uid, ageMs, birthtimeMs, pid, state } as const]
  })
}

/** The number of a holder that lives here, among the processes that we see. */
function holderOf(
  holder: Pick<LockOwner, 'pid' | 'procStart' | 'pidDomain' | 'pidSpace'> | null,
  { locks: { process: self } }: LoginFacts['run'],
): number | null {
  if (holder === null || holder.pidDomain !== self.pidDomain) return null
  const births = { lockBirthtimeMs: null, legacyLockBirthtimeMs: null }
  return ownerIsDead({ ...holder, ...births }, self) ? null : holder.pid
}

/** The client makes its legacy lock beside the folder itself, not beside a link to it. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
