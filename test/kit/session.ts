// A long session of a real client: one process, several prompts (`--input-format stream-json`).

import { spawn } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { processesOf } from './run.js'
import type { Sandbox } from './sandbox.js'

export interface Session {
  /** One prompt; what the client says at its end. */
  ask(text: string): Promise<string>
  /** Ends the session; its exit code. */
  end(): Promise<number | null>
}

/** Starts `command` (the wrapper or a client) as a session in `box`. */
export function startSession(box: Sandbox, command: string): Session {
  const pairs = Object.entries(box.env).map(([name, value]) => `${name}=${value}`)
  const form = ['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose']
  const child = spawn('/usr/bin/env', ['-i', ...pairs, command, '-p', ...form], {
    cwd: box.home.path,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const waiting: ((result: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', line => {
    const event = JSON.parse(line) as { type?: string; result?: string }
    if (event.type === 'result') waiting.shift()?.(event.result ?? '')
  })
  child.stdin.on('error', () => {})
  ended.then(() => {
    for (const give of waiting) give('the session has ended')
  })
  return {
    ask: text => {
      const message = { role: 'user', content: text }
      child.stdin.write(`${JSON.stringify({ type: 'user', message })}\n`)
      return new Promise(resolve => waiting.push(resolve))
    },
    end: () => {
      child.stdin.end()
      return ended
    },
  }
}

/** Signals the processes of the client at `path` in this home; how many there were. */
export async function signalSessions(
  { home }: Sandbox,
  path: string,
  name: NodeJS.Signals,
): Promise<number> {
  let count = 0
  for (const pid of await processesOf(home.path)) {
    if ((await readlink(`/proc/${pid}/exe`).catch(() => '')) !== path) continue
    process.kill(pid, name)
    count += 1
  }
  return count
}
