// Ways to end or disturb a renewal that is under way.

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type KillPoint, runKilled } from '../../kit/kill-points.js'
import { processesOf } from '../../kit/run.js'
import type { Sandbox } from '../../kit/sandbox.js'
import { terminal, until } from '../../kit/terminal.js'
import type { Act } from './killed-once.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))
const wrapper = fileURLToPath(new URL('../../../bin/claude', import.meta.url))

/** SIGKILL, just before the call is made. Throws where the run got away. */
export function killAt(point: KillPoint): Act {
  return async box => {
    const { signal, code } = await runKilled(box, point)
    if (signal !== 'SIGKILL') throw new Error(`${point.what}: not killed, it ended with ${code}`)
  }
}

/** Another signal there. What it stops goes on half a second later, as with `fg`. */
export function signalAt(point: KillPoint, signal: NodeJS.Signals): Act {
  return async box => {
    const goOn = setInterval(() => void continueAll(box), 500)
    await runKilled(box, point, signal)
    clearInterval(goOn)
  }
}

/** SIGKILL `ms` after the start, or after the request has come to the server. */
export function killAfter(ms: number, since: 'start' | 'request'): Act {
  return async box => {
    let pid = 0
    const run = box.ensure([], { onStart: started => (pid = started) })
    if (since === 'request') await until(() => box.authority.counts().tokenRequests > 0, 60_000)
    await sleep(ms)
    kill(-pid, 'SIGKILL')
    await run
  }
}

/** Whoever read what it says has gone. */
export const closedPipe: Act = box =>
  box.run('sh', ['-c', `node '${program}' ensure --json | true; node '${program}' ensure | true`])

/** A launch at a terminal, which is closed after `ms`. */
export function closedTerminal(ms: number): Act {
  return async box => {
    const screen = terminal(box)
    screen.type(`${wrapper} -p hi\n`)
    await sleep(ms)
    screen.close()
    await screen.end
  }
}

async function continueAll(box: Sandbox): Promise<void> {
  for (const pid of await processesOf(box.home.path)) kill(pid, 'SIGCONT')
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}
