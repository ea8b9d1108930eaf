// Runs a real program to its end and tells what came of it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Run {
  /** Null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  ms: number
}

export interface RunOptions {
  cwd: string
  env: Record<string, string>
  /** Given on stdin; without it stdin is `/dev/null`. */
  input?: string | undefined
  /** After it, the program's process group is killed; 60 s if not given. */
  timeoutMs?: number | undefined
  /** Called with the process id as soon as there is one, for tests that send signals. */
  onStart?: ((pid: number) => void) | undefined
}

/** A missing command ends with 127. Its own process group, so that a time-out also ends what it started (not what went to an own session). */
export async function run(command: string, args: string[], options: RunOptions): Promise<Run> {
  const { cwd, env, input, timeoutMs = 60_000 } = options
  const startMs = performance.now()
  const stdin = input === undefined ? 'ignore' : 'pipe'
  // The test runner adds its loader to every child's environment; `env -i` drops that again.
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const child = spawn('/usr/bin/env', ['-i', ...pairs, command, ...args], {
    cwd,
    detached: true,
    stdio: [stdin, 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', text => (stderr += text))
  // A program that does not read its stdin is no failure of the test.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const timer = setTimeout(() => killGroup(child.pid), timeoutMs)
  if (child.pid !== undefined) options.onStart?.(child.pid)
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  return { code, signal, stdout, stderr, ms: performance.now() - startMs }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * The processes that live in this home, told by their environment, or by that of a process above: the only trace of a
 * detached worker, and a hook's Node has no environment at all.
 */
export async function processesOf(home: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const all = await Promise.all(
    pids.map(async pid => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return { pid: Number(pid), parent, isMine: environment.split('\0').includes(`HOME=${home}`) }
    }),
  )
  const mine = new Set(all.filter(({ isMine }) => isMine).map(({ pid }) => pid))
  for (let before = 0; before < mine.size; ) {
    before = mine.size
    for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid)
  }
  return [...mine]
}

/** Waits until nothing runs in this home any more; false when `timeoutMs` was not enough. */
export async function settle(home: string, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs
  while ((await processesOf(home)).length > 0) {
    if (performance.now() > endMs) return false
    await sleep(20)
  }
  return true
}

/** Ends whatever still runs in this home. */
export async function endLeftovers(home: string): Promise<void> {
  for (const pid of await processesOf(home)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself in the meantime.
    }
  }
  await settle(home, 5000)
}
