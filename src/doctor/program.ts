// This very program: where it lies, and how to tell one of its wrappers.

import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder with `bin/` and `dist/`; a `current` link above it is resolved. */
export function programFolder(): string {
  return fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
}

/** `folder` by the name that lasts over an upgrade: the link `current` beside it, where that leads to it. */
export function lastingFolder(folder: string): string {
  const current = join(dirname(folder), 'current')
  try {
    return realpathSync(current) === realpathSync(folder) ? current : folder
  } catch {
    return folder
  }
}

/** Is what `path` leads to a wrapper of ours, of whichever version? Known by its second line, as in find-client.sh. */
export function isWrapper(path: string): boolean {
  let file: number
  try {
    file = openSync(realpathSync(path), 'r')
  } catch {
    return false
  }
  try {
    const bytes = Buffer.alloc(200)
    const text = bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0))
    return /^#!.*\n# claude-auth wrapper/.test(text)
  } catch {
    return false
  } finally {
    closeSync(file)
  }
}
