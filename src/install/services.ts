// Tells the running service managers, the machine's and the users', about new and removed units. Without systemd it does nothing.

import { existsSync, readdirSync } from 'node:fs'
import { type Account, runAsUser } from '../system/as-user.js'
import { runTool, toolPath } from '../system/start-program.js'
import { accountOf } from '../system/users.js'
import type { Unit } from './shipped.js'

const limitMs = 30_000
/** The user controls what answers in their folder: the wait is short. */
const userLimitMs = 10_000

/** The machine's timers start now, not at the next boot. */
export function startSystemTimers(units: Unit[]): void {
  if (!hasSystemd()) return
  systemctl('daemon-reload')
  for (const name of timerNames(units)) systemctl('start', name)
}

export function stopSystemTimers(names: string[]): void {
  if (!hasSystemd()) return
  for (const name of names) systemctl('stop', name)
}

export function reloadSystem(): void {
  if (hasSystemd()) systemctl('daemon-reload')
}

/** By root, in each user's manager that runs already; the others find the timer when they start. */
export async function startTimersOfUsers(units: Unit[]): Promise<void> {
  await inManagers([['daemon-reload'], ['start', ...timerNames(units)]])
}

export async function stopTimersOfUsers(names: string[]): Promise<void> {
  if (names.length > 0) await inManagers([['stop', ...names]])
}

export async function reloadUsers(): Promise<void> {
  await inManagers([['daemon-reload']])
}

/** The same in the person's own manager. */
export function startUserTimers(units: Unit[]): void {
  userSystemctl('daemon-reload')
  for (const name of timerNames(units)) userSystemctl('start', name)
}

export function stopUserTimers(names: string[]): void {
  for (const name of names) userSystemctl('stop', name)
  userSystemctl('daemon-reload')
}

function hasSystemd(): boolean {
  return existsSync('/run/systemd/system')
}

function timerNames(units: Unit[]): string[] {
  return units.map(({ name }) => name).filter(name => name.endsWith('.timer'))
}

function systemctl(...args: string[]): void {
  runTool('systemctl', args, limitMs)
}

function userSystemctl(...args: string[]): void {
  const uid = process.geteuid?.() ?? 0
  runTool('systemctl', ['--user', ...args], limitMs, { XDG_RUNTIME_DIR: runtimeFolder(uid) })
}

function runtimeFolder(uid: number): string {
  return `/run/user/${uid}`
}

/** As each user: the socket in their runtime folder is theirs, and so is what answers there. */
async function inManagers(calls: string[][]): Promise<void> {
  const tool = toolPath('systemctl')
  if (tool === null) return
  await inTurns(withManager(), async user => {
    const env = { XDG_RUNTIME_DIR: runtimeFolder(user.uid) }
    for (const args of calls) {
      const end = await runAsUser(user, tool, ['--user', ...args], { timeoutMs: userLimitMs, env })
      if (end.kind !== 'ended') return
    }
  })
}

function withManager(): Account[] {
  try {
    const uids = readdirSync('/run/user').filter(name => /^\d+$/.test(name))
    const running = uids.filter(uid => existsSync(`/run/user/${uid}/systemd/private`))
    return running.flatMap(uid => accountOf(Number(uid)) ?? [])
  } catch {
    return []
  }
}

const atATime = 4

/** The results of `act` for `all`, in order; a few run at a time. */
export async function inTurns<T, R>(all: T[], act: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const at = next++
      results[at] = await act(all[at] as T)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return results
}
