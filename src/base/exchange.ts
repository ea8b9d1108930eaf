// Two folders change their names in one step (renameat2(2), RENAME_EXCHANGE), so that no reader meets neither of them.
//
// Node has no such call: a tool of the system makes it, whichever is there.

import { lstatSync } from 'node:fs'
import { runTool } from '../system/start-program.js'

/** The number of renameat2 by Node's name of the architecture (asm-generic/unistd.h and syscall tables of Linux). */
const numbers: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 316,
  arm64: 276,
  riscv64: 276,
  loong64: 276,
  ia32: 353,
  arm: 382,
  ppc64: 357,
  s390x: 347,
}

const perl = 'exit(syscall($ARGV[0] + 0, -100, $ARGV[1], -100, $ARGV[2], 2) == 0 ? 0 : 1)'
const python =
  'import ctypes, os, sys; a, b = map(os.fsencode, sys.argv[1:]); sys.exit(ctypes.CDLL(None).renameat2(-100, a, -100, b, 2) != 0)'

/** True: what was `one` is `other` now, and the other way round. False: nothing has changed. Both are on one file system. */
export function exchangeFolders(one: string, other: string): boolean {
  const before = inodeOf(one)
  const number = numbers[process.arch]
  const tools: [string, string[]][] = [
    // GNU coreutils 9.5.
    ['mv', ['--exchange', '--no-copy', '-T', '--', one, other]],
    ...(number === undefined
      ? []
      : [['perl', ['-e', perl, String(number), one, other]] as [string, string[]]]),
    ['python3', ['-I', '-c', python, one, other]],
  ]
  for (const [tool, args] of tools) {
    runTool(tool, args)
    // A tool of another age may have understood something else: only what stands there counts.
    if (inodeOf(other) === before && inodeOf(one) !== before) return true
  }
  return false
}

/** The inode of `path`, or null where nothing is. */
export function inodeOf(path: string): bigint | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null
}
