// The gate: one `flock(2)` for each login folder, freed by the kernel however its holder ends.

import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { makePrivateFolder } from './atomic-write.js'
import { endAfter, runMostMs } from './end-of-run.js'
import { AuthError, systemCode } from './error.js'
import { openRegular } from './open-file.js'
import { writeFailed } from './write-failed.js'

export interface Gate {
  /** From now on others may look at the result, though not begin anything. */
  share: () => void
  leave: () => void
}

/**
 * Enters the gate at `path`. `descriptor`: already open and locked by our parent; one of another
 * file is no gate of ours. Node has no flock of its own; flock(1) locks the open file that it inherits, and the
 * lock stays with us. A process that is still inside after `mostMs` is ended. Throws `gate-busy` after `waitMs`,
 * `gate-missing` without flock(1).
 */
export function enterGate(
  path: string,
  descriptor: number | null,
  waitMs: number,
  mostMs = runMostMs,
): Gate {
  const held = descriptor !== null && isOpenOn(descriptor, path) ? descriptor : null
  const file = held ?? open(path)
  if (held === null) lock(file, '-x', path, waitMs)
  const callOff = endAfter(mostMs, path)
  let left = false
  return {
    share: () => {
      if (!left) lock(file, '-s', path, 1_000)
    },
    leave: () => {
      if (left) return
      left = true
      callOff()
      closeSync(file)
    },
  }
}

/** A caller that goes by another environment may have entered the gate of another login. */
function isOpenOn(descriptor: number, path: string): boolean {
  try {
    const [held, named] = [fstatSync(descriptor), statSync(path)]
    return held.ino === named.ino && held.dev === named.dev
  } catch {
    return false
  }
}

function open(path: string): number {
  makePrivateFolder(dirname(path))
  try {
    return openRegular(path, constants.O_RDWR | constants.O_CREAT, { links: 'refuse' })
  } catch (error) {
    if (error instanceof AuthError)
      throw new AuthError('write-failed', `could not open ${path}: it is no regular file`, {
        hint: error.hint,
      })
    throw writeFailed(path, error, `could not open ${path}`)
  }
}

function lock(file: number, kind: '-x' | '-s', path: string, waitMs: number) {
  const { error, status } = spawnSync('flock', [kind, '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
    timeout: waitMs,
    env: { PATH: '/usr/bin:/bin:/usr/local/bin' },
  })
  if (systemCode(error) === 'ENOENT')
    throw new AuthError('gate-missing', 'the program flock is not installed')
  if (status !== 0) throw new AuthError('gate-busy', `another run has held ${path} for too long`)
}
