// The gate: one `flock(2)` per login folder, freed by the kernel however its holder ends; and the watchdog that kills a run
// stuck in it.

import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { openRegular } from './open-file.js'
import { usersPath } from './start-program.js'
import { hourMs, minuteMs } from './time.js'
import { AuthError, quoted, systemCode } from './trouble.js'
import { makePrivateFolder, writeFailed } from './write-file.js'

export interface Gate {
  /** Downgrades to a shared lock: others may read the result but not start work. */
  share: () => void
  /** The time of this holder begins anew: for a run of many steps, after each. */
  extend: () => void
  leave: () => void
}

/**
 * Enters the gate at `path`. `descriptor`: already open and locked by our parent; one of another
 * file is no gate of ours. Node has no flock of its own; flock(1) locks the open file that it inherits, and the
 * lock stays with us. A process that is still inside after `mostMs` is ended. `isOptional`: where the file system has no
 * such locks, other locks keep two runs apart. Throws `gate-busy` after `waitMs`, `gate-missing` without flock(1), or where
 * there are no locks and they are not optional, `write-failed` where the gate can't be opened or flock(1) not be started.
 */
export function enterGate(
  path: string,
  descriptor: number | null,
  waitMs: number,
  { mostMs = runMostMs, isOptional = false }: { mostMs?: number; isOptional?: boolean } = {},
): Gate {
  const held = descriptor !== null && isOpenOn(descriptor, path) ? descriptor : null
  const file = held ?? open(path)
  const take = (kind: '-x' | '-s', patienceMs: number) => {
    if (lock(file, kind, path, patienceMs) || isOptional) return
    throw new AuthError('gate-missing', `the file system of ${path} has no locks (flock)`, {
      hint: `findmnt -T ${path}`,
    })
  }
  try {
    if (held === null) take('-x', waitMs)
  } catch (error) {
    // Frees a lock that flock(1) took just as it was killed.
    closeSync(file)
    throw error
  }
  let callOff = endAfter(mostMs, path)
  let left = false
  return {
    share: () => {
      if (!left) take('-s', 1_000)
    },
    extend: () => {
      if (left) return
      callOff()
      callOff = endAfter(mostMs, path)
    },
    leave: () => {
      if (left) return
      left = true
      callOff()
      closeSync(file)
    },
  }
}

/**
 * The gate of a login, with the rules of `enterGate`. Its locks are optional: those of the client and of a renewal are
 * folders, and keep two runs apart on a file system without flock(2) too.
 */
export function enterLoginGate(path: string, descriptor: number | null, waitMs: number): Gate {
  return enterGate(path, descriptor, waitMs, { isOptional: true })
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

/** What flock(1) says of ENOSYS, ENOLCK and EOPNOTSUPP, of glibc and musl. */
const noLocks = /flock:.*(?:not implemented|no locks available|not supported)\s*$/i

/**
 * False if the file system has no such locks: Lustre that was mounted without `flock`, NFS whose lock service is away, some of
 * FUSE. Only the message of flock(1) distinguishes that from its other failures.
 */
function lock(file: number, kind: '-x' | '-s', path: string, waitMs: number): boolean {
  const { error, status, signal, stderr } = spawnSync('flock', [kind, '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    timeout: waitMs,
    env: { PATH: usersPath, LC_ALL: 'C' },
    encoding: 'utf8',
  })
  if (systemCode(error) === 'ENOENT')
    throw new AuthError('gate-missing', 'the program flock is not installed')
  if (systemCode(error) === 'ETIMEDOUT')
    throw new AuthError('gate-busy', `another run has held ${path} for too long`)
  if (error) throw writeFailed(path, error, `could not start flock, which locks ${path}`)
  if (status === null)
    throw new AuthError('gate-busy', `flock was ended while it waited for ${path} (${signal})`)
  if (status === 0) return true
  if (noLocks.test(stderr)) return false
  throw new AuthError('write-failed', `flock could not lock ${path} (exit code ${status})`, {
    hint: `flock ${quoted(path)} true`,
  })
}

/** Longer than any run takes (ms). */
export const runMostMs = 5 * minuteMs
/** A person may sit at the question of an installation (ms). */
export const installMostMs = hourMs
/** Longer than any request and the handling of its reply (ms). */
const quietMs = 40_000

let requests = 0
let quietSinceMs = 0
let isLate = false

/** May a request still begin? Not after this process's deadline. */
export function mayBegin(): boolean {
  return !isLate
}

/** Counts a request in flight; call the returned function once, when it is over. */
export function requestBegun(): () => void {
  requests++
  return () => {
    requests--
    quietSinceMs = performance.now()
  }
}

/**
 * Kills this process once `mostMs` have passed and no request has been in flight for `quiet` ms since; no request begins
 * meanwhile. The returned function cancels that.
 */
export function endAfter(mostMs: number, what: string, quiet = quietMs): () => void {
  let timer = setTimeout(late, mostMs)
  timer.unref()
  function late() {
    if (!isLate) quietSinceMs = performance.now()
    isLate = true
    if (requests === 0 && performance.now() - quietSinceMs >= quiet) end(what)
    timer = setTimeout(late, Math.min(quiet, 1_000))
    timer.unref()
  }
  return () => {
    clearTimeout(timer)
    isLate = false
  }
}

/** An ordinary exit would wait for threads that may never come back. */
function end(what: string): void {
  try {
    writeSync(2, `claude-auth: this run did not come to its end, and gives up ${what}\n`)
  } catch {
    // The reader is gone.
  }
  process.kill(process.pid, 'SIGKILL')
}
