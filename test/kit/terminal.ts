// A terminal of its own with an interactive shell in it, for tests that press keys.

import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from './sandbox.js'

export interface Terminal {
  type(keys: string): void
  /** All that was shown so far. */
  shown(): string
  /** The terminal's window is closed: its processes get SIGHUP. */
  close(): void
  end: Promise<void>
}

/** An interactive bash in the home of `box` (util-linux `script`); its prompt is `$ `. */
export function terminal(box: Sandbox): Terminal {
  const pairs = Object.entries({ ...box.env, PS1: '$ ', TERM: 'dumb', SHELL: '/bin/sh' })
  const words = ['-i', ...pairs.map(([name, value]) => `${name}=${value}`)]
  const shell = 'bash --norc --noprofile --noediting -i'
  const child = spawn('/usr/bin/env', [...words, 'script', '-qfec', shell, '/dev/null'], {
    cwd: box.home.path,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', text => (shown += text))
  child.stdin.on('error', () => {})
  return {
    type: keys => void child.stdin.write(keys),
    shown: () => shown,
    close: () => void child.kill('SIGKILL'),
    end: new Promise(resolve => child.on('close', () => resolve())),
  }
}

/** Waits until `isSo`; throws after `timeoutMs`. */
export async function until(isSo: () => boolean, timeoutMs = 20_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`it did not come to this: ${isSo}`)
    await sleep(20)
  }
}
