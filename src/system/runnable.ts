// Whether a file can be started without a shell, judged from its first bytes, and why not, in words.
//
// The C library hands a file that the kernel refuses (ENOEXEC) to /bin/sh: an empty file would then succeed, and a program in
// another language would run line by line as commands (execvp(3)).

import { accessSync, constants, statSync } from 'node:fs'
import { startAt } from './open-file.js'
import { systemCode } from './trouble.js'

/** Linux reads so much of the first line (`BINPRM_BUF_SIZE`). */
const firstLineBytes = 256
const binaryMark = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
/** `e_machine` and all before it of an ELF header; a shorter file is a piece of one. */
const binaryBytes = 64

/** Null where `path` (absolute) can be started; else why not, to be read after the path. Links are followed. Never throws. */
export function whyNotRunnable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'is not a regular file'
    accessSync(path, constants.X_OK)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return 'is not there'
    return code === 'EACCES'
      ? 'may not be executed'
      : `cannot be examined (${code ?? 'unknown error'})`
  }
  const start = startAt(path, firstLineBytes)
  // A binary may be closed to those who may start it.
  return start === null ? null : whyNoProgram(start)
}

function whyNoProgram(start: Buffer): string | null {
  if (start.length === 0) return 'is empty'
  if (start.subarray(0, 4).equals(binaryMark))
    return start.length < binaryBytes ? 'is not a whole program' : null
  const text = start.toString('latin1')
  if (text.startsWith('\u00ef\u00bb\u00bf')) return 'begins with a byte order mark, not with #!'
  if (!text.startsWith('#!')) return 'is neither a binary nor begins with #! and an interpreter'
  const [line = ''] = text.split('\n')
  if (line.endsWith('\r')) return 'ends its first line with a carriage return'
  const interpreter = /^#![ \t]*([^ \t]*)/.exec(line)?.[1] ?? ''
  if (interpreter === '') return 'names no interpreter behind #!'
  return canStart(interpreter)
    ? null
    : `names an interpreter that cannot be started: ${interpreter}`
}

function canStart(interpreter: string): boolean {
  try {
    accessSync(interpreter, constants.X_OK)
    return statSync(interpreter).isFile()
  } catch {
    return false
  }
}
