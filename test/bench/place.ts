// Where the benchmark runs: a sandbox with a trivial client, the wrapper, and clocks around whole processes.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Teardown } from '../kit/sandbox.js'
import { type Wrapped, type WrappedOptions, wrapped } from '../kit/wrapped.js'

export interface RunIt {
  args?: string[]
  /** A file for its stdin. */
  input?: string
  /** Exit codes that are no failure; 0 alone if not given. */
  codes?: number[]
}

export interface Place extends Wrapped {
  /** `claude-auth`, beside the wrapper. */
  program: string
  /** The Node of this place. */
  node: string
  /** Milliseconds of one run of a program, with nothing else going on in this process. */
  time(command: string, how?: RunIt): number
  /** The same for a program that needs an answer of the authority. */
  timeServed(command: string, how?: RunIt): Promise<number>
  /** Launches until the login is verified and stored: a healthy launch leaves the marks as they are. */
  makeFresh(how?: RunIt): Promise<void>
  /** The access token is over, for the server and by the login file. */
  expire(): void
  /** A two-line script that execs the client, for `shell`. */
  execScript(shell: string): string
}

/** The client does nothing (`true`) unless said otherwise; everything ends with `t`. */
export async function makePlace(t: Teardown, options: WrappedOptions = {}): Promise<Place> {
  const box = await wrapped(t, { client: '/bin/true', ...options })
  // As an installation leaves it (src/install/program.ts): without its record, every start of Node looks for it on PATH.
  symlinkSync(join(box.home.tools, 'node'), join(dirname(dirname(box.wrapper)), 'node'))
  return placeIn(box, options.via)
}

/** A box of the kit as a place. */
export function placeIn(box: Wrapped, via: WrappedOptions['via'] = 'loopback'): Place {
  const { home, wrapper, authority } = box
  const { PATH = '', HOME = '' } = box.env
  // The rest is about the proxy.
  const env = via === 'proxy' ? box.env : { PATH, HOME }
  const { time, timeServed } = clocks(home.path, env)
  return {
    ...box,
    env,
    time,
    timeServed,
    program: join(dirname(wrapper), 'claude-auth'),
    node: join(home.tools, 'node'),
    makeFresh: async how => {
      const mark = () => {
        const stat = statSync(join(home.paths.state, 'fresh'), { throwIfNoEntry: false })
        return stat && `${stat.ino} ${stat.ctimeMs}`
      }
      for (let turn = 0; turn < 20; turn++) {
        const before = mark()
        await timeServed(wrapper, how)
        await box.settle()
        if (before !== undefined && before === mark()) return
        await sleep(300)
      }
      throw new Error('the login was not found to be good')
    },
    expire: () => {
      const login = box.login()
      if (login === null) throw new Error('there is no login')
      authority.expireAccess(login.accessToken)
      box.writeLogin({ ...login, expiresAt: Date.now() - 3_600_000 })
    },
    execScript: shell => {
      const path = join(home.path, `exec-${shell}`)
      home.write(path, `#!/bin/${shell}\nexec ${join(home.tools, 'claude')} "$@"\n`, 0o755)
      return path
    },
  }
}

function clocks(cwd: string, env: Record<string, string>): Pick<Place, 'time' | 'timeServed'> {
  return {
    time: (command, { args = [], input = '/dev/null', codes } = {}) => {
      const stdin = openSync(input, 'r')
      const began = process.hrtime.bigint()
      const { status } = spawnSync(command, args, { cwd, env, stdio: [stdin, 'ignore', 'ignore'] })
      const ms = since(began)
      closeSync(stdin)
      return passed(ms, status, command, codes)
    },
    timeServed: async (command, { args = [], input = '/dev/null', codes } = {}) => {
      const stdin = openSync(input, 'r')
      const began = process.hrtime.bigint()
      const child = spawn(command, args, { cwd, env, stdio: [stdin, 'ignore', 'ignore'] })
      const [code] = (await once(child, 'exit')) as [number | null]
      const ms = since(began)
      closeSync(stdin)
      return passed(ms, code, command, codes)
    },
  }
}

function since(began: bigint): number {
  return Number(process.hrtime.bigint() - began) / 1e6
}

/** A run that failed is no measurement. */
function passed(ms: number, code: number | null, command: string, codes: number[] = [0]): number {
  if (code === null || !codes.includes(code)) throw new Error(`${command} ended with ${code}`)
  return ms
}
