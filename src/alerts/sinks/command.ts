// `alerts.command` as a sink: a program of the site's gets each message as JSON on its stdin. It runs without a shell, in a small
// environment, with an end.

import { spawn } from 'node:child_process'
import { isAbsolute } from 'node:path'
import { whyNotRunnable } from '../../system/access.js'
import type { Env } from '../../system/paths.js'
import { makeTrouble, quoted, systemCode } from '../../system/trouble.js'
import { jsonText } from '../../text/clean.js'
import { alertObject } from '../message.js'
import type { SinkFile, SinkResult } from '../sink.js'

export const command: SinkFile = {
  open(run) {
    const program = run.config.alerts.command
    if (program === null) return null
    return {
      name: 'command',
      send(message, { timeoutMs }) {
        const input = `${jsonText(alertObject(message, run.context))}\n`
        return runProgram('alerts.command', program, input, run.env, timeoutMs)
      },
    }
  },
  inspect({ config }) {
    const [program] = config.alerts.command ?? []
    if (program === undefined) return null
    const why = whyNotRunnable(program)
    if (why === null) return { to: program, trouble: null }
    const cause = `alerts.command cannot be started: ${program} ${why}`
    return { to: program, trouble: makeTrouble(cause, { command: `ls -l ${quoted(program)}` }) }
  },
}

/**
 * Runs `command` (program and arguments) with `input` on its stdin. The program sees PATH, HOME and LANG
 * only, has `/` as its folder, and its whole process group is killed when its time is over. Exit 0
 * means taken. `name` is what it is called in words.
 */
export function runProgram(
  name: string,
  [program = '', ...args]: readonly string[],
  input: string,
  env: Env,
  timeoutMs: number,
): Promise<SinkResult> {
  const failed = (why: string): SinkResult => ({ taken: false, why: `${name} ${why}` })
  if (!isAbsolute(program)) return Promise.resolve(failed('needs the full path of a program'))
  const why = whyNotRunnable(program)
  if (why !== null) return Promise.resolve(failed(`cannot be started: it ${why}`))
  return new Promise(resolve => {
    // Detached: a group of its own, so that its children end with it.
    const stdio: ['pipe', 'ignore', 'ignore'] = ['pipe', 'ignore', 'ignore']
    const options = { cwd: '/', detached: true, env: smallEnv(env), stdio }
    const child = spawn(program, args, options)
    const timer = setTimeout(() => {
      killGroup(child.pid)
      resolve(failed('took too long'))
    }, timeoutMs)
    const end = (answer: SinkResult) => {
      clearTimeout(timer)
      resolve(answer)
    }
    child.once('error', error => end(failed(`could not start: ${systemCode(error) ?? 'unknown'}`)))
    child.once('exit', (code, signal) =>
      end(
        code === 0
          ? { taken: true }
          : failed(`ended with ${code === null ? signal : `exit code ${code}`}`),
      ),
    )
    // It may end without reading: its exit code says all.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function smallEnv(env: Env): Record<string, string> {
  return {
    PATH: env['PATH'] || '/usr/local/bin:/usr/bin:/bin',
    HOME: env['HOME'] || '/',
    LANG: env['LANG'] || 'C.UTF-8',
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended in this very moment, or runs as another user by now (sudo): then it ends by itself.
  }
}
