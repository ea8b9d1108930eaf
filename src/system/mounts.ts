// The kernel's table of mounts (proc_pid_mountinfo(5)).

import { readFileSync } from 'node:fs'

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
