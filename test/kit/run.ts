// Runs a real program to its end and tells what came of it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { processStat, startTicksOf } from '../../src/system/processes.js'

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
  const names = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const all = names.map(name => ({
    pid: Number(name),
    parent: Number(processStat(Number(name))?.[1]),
  }))
  const mine = new Set(await withVariable(`HOME=${home}`, names))
  for (let before = 0; before < mine.size; ) {
    before = mine.size
    for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid)
  }
  return [...mine]
}

/** Processes whose environment was not to be read, by pid and start. */
const unreadable = new Set<string>()

/**
 * Those of the processes `names` that have `variable` in their environment. That lies in their memory, and whoever reads it
 * may wait as long as a file system of theirs answers nothing: so another program reads, which can be ended.
 */
async function withVariable(variable: string, names: string[]): Promise<number[]> {
  const idOf = (name: string) => `${name}:${startTicksOf(Number(name))}`
  const readable = unreadable.size === 0 ? names : names.filter(name => !unreadable.has(idOf(name)))
  const found = await filesWith(variable, readable)
  if (found !== null) return found
  const each = await Promise.all(
    readable.map(async name => {
      const alone = await filesWith(variable, [name])
      if (alone === null) unreadable.add(idOf(name))
      return alone ?? []
    }),
  )
  return each.flat()
}

const readingMostMs = 10_000

/** Null where it took too long. */
async function filesWith(variable: string, names: string[]): Promise<number[] | null> {
  if (names.length === 0) return []
  const paths = names.map(name => `/proc/${name}/environ`)
  const form = ['--null-data', '--line-regexp', '--fixed-strings', '--files-with-matches']
  const child = spawn('grep', [...form, '--no-messages', '--', variable, ...paths], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: readingMostMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (signal !== null) return null
  return [...stdout.matchAll(/^\/proc\/(\d+)\//gm)].map(each => Number(each[1]))
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
