// Can an installed program be started from where it stands? Seen by starting it.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { systemCode } from './error.js'
import type { Env } from './paths.js'
import { commandsInPlace, isOwnCommand } from './program-places.js'
import { quoted } from './quoted.js'

const startLimitMs = 20_000

/** Why the program `path` can't be started, with what to type; null where it was seen to run. */
export function whyNotStarted(path: string, env: Env): string | null {
  const { error, status } = spawnSync(path, ['--version'], {
    env: { ...env },
    cwd: '/',
    stdio: 'ignore',
    timeout: startLimitMs,
    killSignal: 'SIGKILL',
  })
  return status === 0 ? null : notStarted(path, systemCode(error) ?? `exit code ${status}`)
}

/**
 * Why nothing that is installed for the person with `home` can be started by hooks, wrapper or timer; null where one
 * can. The program that is running needs to be allowed to start only: access(2) says no on a mount with noexec.
 */
export function whyNoneStarts(home: string, env: Env): string | null {
  const whys = commandsInPlace(home).map(path =>
    isOwnCommand(path) ? whyNotAllowed(path) : whyNotStarted(path, env),
  )
  return whys.includes(null) ? null : (whys[0] ?? null)
}

function whyNotAllowed(path: string): string | null {
  try {
    accessSync(path, constants.X_OK)
    return null
  } catch (error) {
    return notStarted(path, systemCode(error) ?? 'not allowed')
  }
}

function notStarted(path: string, code: string): string {
  const why = code === 'EACCES' ? 'is not allowed to start here' : `does not start (${code})`
  return `${path} ${why}; type: findmnt -no OPTIONS -T ${quoted(path)}`
}
