// Opening a file of our own state: in a folder that was opened to others by mistake, a link or a file of theirs may stand in its place.

import { closeSync, constants, fstatSync, openSync } from 'node:fs'

/**
 * Opens `path` with `flags` (of `constants`; what is created gets mode 0600) only if it is a plain file of
 * the effective user under this one name. Throws the system's error, or a plain `Error` for what is not ours.
 */
export function openOwn(path: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants
  const file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
  const about = fstatSync(file)
  if (about.isFile() && about.nlink === 1 && about.uid === process.geteuid?.()) return file
  closeSync(file)
  throw new Error(`${path} is not ours`)
}
