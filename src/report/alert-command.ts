// `alerts.command` as a sink: a program of the site's that gets each message as JSON on its stdin.

import { spawn } from 'node:child_process'
import { isAbsolute } from 'node:path'
import { systemCode } from '../host/error.js'
import type { Env } from '../host/paths.js'
import type { AlertContext } from './alert-text.js'
import { alertObject } from './alert-text.js'
import type { Sink, SinkAnswer } from './deliver.js'

/**
 * The sink that runs `command` (program and arguments, no shell). The program sees PATH, HOME and LANG
 * only, has `/` as its folder, and its whole process group is killed when its time is over. Exit 0
 * means taken.
 */
export function commandSink(command: readonly string[], context: AlertContext, env: Env): Sink {
  return {
    name: 'command',
    send(message, { timeoutMs }) {
      const input = `${JSON.stringify(alertObject(message, context))}\n`
      return run(command, input, smallEnv(env), timeoutMs)
    },
  }
}

function smallEnv(env: Env): Record<string, string> {
  return {
    PATH: env['PATH'] || '/usr/local/bin:/usr/bin:/bin',
    HOME: env['HOME'] || '/',
    LANG: env['LANG'] || 'C.UTF-8',
  }
}

function run(
  [program = '', ...args]: readonly string[],
  input: string,
  env: Record<string, string>,
  timeoutMs: number,
): Promise<SinkAnswer> {
  if (!isAbsolute(program)) {
    return Promise.resolve(failed('alerts.command needs the full path of a program'))
  }
  return new Promise(resolve => {
    // Detached: a group of its own, so that its children end with it.
    const stdio: ['pipe', 'ignore', 'ignore'] = ['pipe', 'ignore', 'ignore']
    const child = spawn(program, args, { cwd: '/', detached: true, env, stdio })
    const timer = setTimeout(() => {
      killGroup(child.pid)
      resolve(failed('alerts.command took too long'))
    }, timeoutMs)
    const end = (answer: SinkAnswer) => {
      clearTimeout(timer)
      resolve(answer)
    }
    child.once('error', error =>
      end(failed(`alerts.command could not start: ${systemCode(error) ?? 'unknown'}`)),
    )
    child.once('exit', (code, signal) => end(code === 0 ? { taken: true } : exited(code, signal)))
    // It may end without reading: its exit code says all.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function exited(code: number | null, signal: string | null): SinkAnswer {
  return failed(`alerts.command ended with ${code === null ? signal : `exit code ${code}`}`)
}

function failed(why: string): SinkAnswer {
  return { taken: false, why }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // The group may have ended in this very moment.
    if (systemCode(error) !== 'ESRCH') throw error
  }
}
