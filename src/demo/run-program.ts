// Running programs in a throwaway home, and ending what they left running there.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Ran {
  /** 127 when there is no such program; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
  ms: number
}

/** Runs `command` (found on the PATH of `env`) to its end, without an input; at most 60 s. */
export async function run(
  command: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<Ran> {
  const startMs = performance.now()
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout, stderr, ms: performance.now() - startMs }
  } catch (error) {
    return { code: 127, stdout, stderr: String(error), ms: performance.now() - startMs }
  } finally {
    clearTimeout(timer)
  }
}

/** Ends every process that lives in this home, background work included, and waits until it is gone. */
export async function endProcessesOf(home: string): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const pids = processesOf(home)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself in the meantime.
      }
    }
    await sleep(20)
  }
}

/** Told by their environment: the only trace of work that went to the background. */
function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`HOME=${home}`)
      } catch {
        return false
      }
    })
    .map(Number)
}
