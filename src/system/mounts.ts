// The kernel's table of mounts (proc_pid_mountinfo(5)), and what it says of a path.

import { readFileSync, realpathSync } from 'node:fs'

/** A line for each mount that this process sees, of two on one point the later one last; none without /proc. Never throws. */
export function mountLines(): string[] {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Where the mount of a line is; empty in a line that is none. Blanks and their kin stand there as `\040`. */
export function mountPoint(line: string): string {
  return (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}

/** Nothing can be renamed over a mount point (rename(2): EBUSY). False where that can't be known. */
export function isMountPoint(path: string): boolean {
  try {
    const real = realpathSync.native(path)
    return mountLines().some(line => mountPoint(line) === real)
  } catch {
    // Without /proc, or without the file: the rename itself will tell.
    return false
  }
}

/** The user who answers for a FUSE file system, whose word its owners and modes are; null: unknown. */
export function fuseOwner(dev: bigint): number | null {
  const number = `${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff00n)}`
  const mount = mountLines().find(line => line.split(' ')[2] === number)
  const owner = fuseUser(mount ?? '')
  return owner === null ? null : Number(owner)
}

function fuseUser(line: string): string | null {
  return / - fuse\S* .*\buser_id=(\d+)/.exec(line)?.[1] ?? null
}

/** Does `path` (absolute) lie on a FUSE file system of a user's? Nothing on it is asked: it need not answer. */
export function isServedByUser(path: string): boolean {
  const lines = mountLines()
  // What is not known counts as served.
  if (lines.length === 0) return true
  return lines.some(line => {
    return (fuseUser(line) ?? '0') !== '0' && `${path}/`.startsWith(`${mountPoint(line)}/`)
  })
}
