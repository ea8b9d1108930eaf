// Ending all that a program has started: its session, its descendants, and what bears its mark in the environment.

import { readdirSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { textAt } from './open-file.js'

/** What is to be ended: processes of `uid` in the session of `leader`, below it, or with `mark` in their environment. */
export interface Started {
  leader: number
  uid: number
  /** `NAME=value`. */
  mark: string
}

/** Linux gives arguments and environment together at most 6 MiB (`execve(2)`). */
const maxBytes = 8 * 1024 * 1024

const mostRounds = 50

const betweenMs = 20

/**
 * Kills until nothing is left, for a second at most; new ones may come up while the others end. A process that
 * left the session, lost its parent and cleaned its environment is not found.
 */
export async function endSession(started: Started): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const left = alive(started)
    if (left.length === 0) return
    for (const pid of left) kill(pid)
    await sleep(betweenMs)
  }
}

interface RunningProcess {
  pid: number
  parent: number
  session: number
}

function alive({ leader, uid, mark }: Started): number[] {
  const own = names('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => processNamed(name, uid))
  const ours = new Set([leader])
  // Parents stand before their children only by chance: as often as it brings another one.
  for (let before = 0; before < ours.size; ) {
    before = ours.size
    for (const { pid, parent, session } of own)
      if (session === leader || ours.has(parent)) ours.add(pid)
  }
  return own.filter(({ pid }) => ours.has(pid) || hasMark(pid, mark)).map(({ pid }) => pid)
}

/** Nothing for one that is another user's, has ended or only waits to be buried. */
function processNamed(name: string, uid: number): RunningProcess[] {
  try {
    if (statSync(`/proc/${name}`).uid !== uid) return []
    const stat = textAt(`/proc/${name}/stat`, { maxBytes })
    if (stat === null) return []
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return []
    return [{ pid: Number(name), parent: Number(parent), session: Number(session) }]
  } catch {
    return []
  }
}

function hasMark(pid: number, mark: string): boolean {
  return textAt(`/proc/${pid}/environ`, { maxBytes })?.split('\0').includes(mark) ?? false
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
