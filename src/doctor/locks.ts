// The locks around the login, the client's and our gate, and whether their holders still live and go on.

import { lstatSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type LockOwner, notedLocks, ownerIsDead, readOwner } from '../login/lock-files.js'
import { installMostMs, runMostMs } from '../system/gate.js'
import { namesIn, textAt } from '../system/open-file.js'
import { processesOf, processStat } from '../system/processes.js'
import { minuteMs } from '../system/time.js'
import { agoWords, durationWords } from '../text/durations.js'
import { type Finding, found, ok, pasted, shown, words } from './check.js'
import type { LoginFacts } from './login-facts.js'

/** Locks of the client whose holder is gone, and processes that hold one, or our gate, and are stuck. */
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
    words(`Process ${pid}, started ${agoWords(0, ageMs)}, is working on this login.`),
  stuck: ({ pid, ageMs, isStopped }: GateHolder) =>
    words(
      `Process ${pid} of claude-auth, started ${agoWords(0, ageMs)}, ${isStopped ? 'is stopped' : 'hangs'}: each launch waits for it, and nothing is renewed.`,
      isStopped ? `kill -CONT ${pid}` : `kill -KILL ${pid}`,
    ),
  paused: (path: string, pid: number, ageMs: number) =>
    words(
      `Process ${pid} holds ${shown(path)} and is stopped since about ${durationWords(ageMs)}: clients wait for it.`,
      `kill -CONT ${pid}`,
    ),
  dead: (path: string) =>
    words(
      `The process that held ${shown(path)} is gone: clients wait for it.`,
      `rmdir ${pasted(path)}`,
    ),
}

export interface LockFact {
  path: string
  uid: number
  ageMs: number
  birthtimeMs: number
  /** The process that holds it, if known and of this machine. */
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
const staleMs = { refresh: minuteMs, storage: 15_000 }
const deadOwnerMs = 8_000
/** Every live holder touches its lock more often. */
const untouchedMs = 8_000
/** What a run may take beyond its time: it is not ended between a request and its answer. */
const lateMs = 2 * minuteMs

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
    const pid = livingPid(isOwners ? owner : null, run) ?? livingPid(ours ?? null, run)
    const stopped = pid !== null && ageMs >= untouchedMs && isStopped(pid)
    const state = dead ? 'dead' : stopped ? 'stopped' : ageMs > limitMs ? 'stale' : 'held'
    return [{ path, uid, ageMs, birthtimeMs, pid, state } as const]
  })
}

/** The number of a holder that lives here, among the processes that we see. */
function livingPid(
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
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}

interface LockHolder {
  pid: number
  /** Since the process was started. */
  ageMs: number
  /** By a signal or a debugger: it does not go on by itself. */
  isStopped: boolean
  /** Its arguments, the program first. */
  words: string[]
}

const maxBytes = 256 * 1024

/**
 * The processes with the lock of the file at `path`, the stopped ones first; empty if none holds it or none can be seen
 * (another user's, another container's). /proc/locks names who asked for the lock, which may have ended; the lock is the open
 * file's (proc(5), `fdinfo`).
 */
function lockHolders(path: string): LockHolder[] {
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) return []
  // Nobody else may open our gate; and what theirs have open may be on a mount that answers nothing, as whoever asks finds out.
  const holders = processesOf(process.geteuid?.() ?? -1).flatMap(({ pid }) => {
    const isHolder = namesIn(`/proc/${pid}/fd`).some(
      descriptor => isLocked(pid, descriptor) && isOpenOn(`/proc/${pid}/fd/${descriptor}`, file),
    )
    const holder = isHolder ? holderOf(pid) : null
    return holder === null ? [] : [holder]
  })
  return holders.sort((one, other) => Number(other.isStopped) - Number(one.isStopped))
}

/** False for a process that is gone. */
function isStopped(pid: number): boolean {
  return 'Tt'.includes(processStat(pid)?.[0] ?? '-')
}

function isOpenOn(descriptor: string, file: { dev: number; ino: number }): boolean {
  try {
    const { dev, ino } = statSync(descriptor)
    return ino === file.ino && dev === file.dev
  } catch {
    return false
  }
}

function isLocked(pid: number, descriptor: string): boolean {
  return /^lock:.*\bFLOCK\b/m.test(textAt(`/proc/${pid}/fdinfo/${descriptor}`, { maxBytes }) ?? '')
}

function holderOf(pid: number): LockHolder | null {
  const stat = processStat(pid)
  const uptimeS = Number.parseFloat(textAt('/proc/uptime', { maxBytes }) ?? '')
  if (stat === null || Number.isNaN(uptimeS)) return null
  // Field 22, in hundredths of a second since the machine was started: `USER_HZ`, which Linux has fixed at 100.
  const ageMs = uptimeS * 1000 - Number(stat[19]) * 10
  const words = (textAt(`/proc/${pid}/cmdline`, { maxBytes }) ?? '').split('\0')
  return { pid, ageMs, isStopped: isStopped(pid), words }
}
