// This very program: where it lies, and how to tell one of its wrappers.

import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAt } from '../host/open-file.js'

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
  return /^#!.*\n# claude-auth wrapper/.test(startAt(path, 200)?.toString('latin1') ?? '')
}
