// Who holds a lock of flock(2): told by the open files of the processes that this user may see.

import { readdirSync, statSync } from 'node:fs'
import { textAt } from './open-file.js'

export interface LockHolder {
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
 * The processes with the lock of the file at `path`, the stopped ones first; empty where nobody has it or none can be seen
 * (another user's, another container's). /proc/locks names who asked for the lock, which may have ended; the lock is the open
 * file's (proc(5), `fdinfo`).
 */
export function lockHolders(path: string): LockHolder[] {
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) return []
  const pids = entriesOf('/proc').filter(name => /^\d+$/.test(name))
  const holders = pids.flatMap(pid => {
    const isHolder = entriesOf(`/proc/${pid}/fd`).some(
      descriptor => isOpenOn(`/proc/${pid}/fd/${descriptor}`, file) && isLocked(pid, descriptor),
    )
    const holder = isHolder ? holderOf(Number(pid)) : null
    return holder === null ? [] : [holder]
  })
  return holders.sort((one, other) => Number(other.isStopped) - Number(one.isStopped))
}

/** False for a process that is gone. */
export function isStopped(pid: number): boolean {
  return 'Tt'.includes(statOf(pid)?.[0] ?? '-')
}

function isOpenOn(descriptor: string, file: { dev: number; ino: number }): boolean {
  try {
    const { dev, ino } = statSync(descriptor)
    return ino === file.ino && dev === file.dev
  } catch {
    return false
  }
}

function isLocked(pid: string, descriptor: string): boolean {
  return /^lock:.*\bFLOCK\b/m.test(textAt(`/proc/${pid}/fdinfo/${descriptor}`, { maxBytes }) ?? '')
}

function holderOf(pid: number): LockHolder | null {
  const stat = statOf(pid)
  const uptimeS = Number.parseFloat(textAt('/proc/uptime', { maxBytes }) ?? '')
  if (stat === null || Number.isNaN(uptimeS)) return null
  // Field 22, in hundredths of a second since the machine was started: `USER_HZ`, which Linux has fixed at 100.
  const ageMs = uptimeS * 1000 - Number(stat[19]) * 10
  const words = (textAt(`/proc/${pid}/cmdline`, { maxBytes }) ?? '').split('\0')
  return { pid, ageMs, isStopped: isStopped(pid), words }
}

/** The fields of /proc/PID/stat from the third on, which is the state. */
function statOf(pid: number): string[] | null {
  const stat = textAt(`/proc/${pid}/stat`, { maxBytes })
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
