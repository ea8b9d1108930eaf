// Whether something is mounted at a path.

import { realpathSync } from 'node:fs'
import { textAt } from './open-file.js'

/** Of a machine with many thousands of mounts. */
const maxBytes = 64 * 1024 * 1024

/** Nothing can be renamed over a mount point (rename(2): EBUSY). False where that can't be known. */
export function isMountPoint(path: string): boolean {
  try {
    const real = realpathSync(path)
    return (textAt('/proc/self/mountinfo', { maxBytes }) ?? '')
      .split('\n')
      .some(line => unescaped(line.split(' ')[4] ?? '') === real)
  } catch {
    // Without /proc, or without the file: the rename itself will tell.
    return false
  }
}

/** proc(5): blanks and backslashes are octal there. */
function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
