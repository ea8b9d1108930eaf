// The private file that holds what a user signs in to Vault with: read, or refused with the trouble.

import { lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AuthError } from '../../system/error.js'
import { readPrivateBytes } from '../../system/open-file.js'
import { errorTrouble, makeTrouble, quoted, type Trouble } from '../../system/trouble.js'
import { othersMayWrite } from '../../system/trusted-path.js'
import type { StoreTrouble } from '../store.js'

export type SecretFile =
  /** The text without the white space around it. */
  { kind: 'text'; text: string } | { kind: 'missing' } | StoreTrouble

/**
 * Reads `path`: a regular file of `uid`'s own that no other user may read, or replace anywhere on the way to it. A link to one
 * must lead into a folder that no other user may write to, not even a shared one such as /tmp.
 */
export function readSecretFile(path: string, uid: number): SecretFile {
  try {
    const bytes = readPrivateBytes(path, { uid })
    if (bytes === null) return { kind: 'missing' }
    const trouble = strayLink(path, uid)
    if (trouble !== null) return { kind: 'denied', trouble }
    return { kind: 'text', text: bytes.toString().trim() }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { kind: 'denied', trouble: errorTrouble(error) }
  }
}

/** In a folder of others, any file of ours could be put in the place of the one that was meant. */
function strayLink(path: string, uid: number): Trouble | null {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return null
  const folder = dirname(realpathSync(path))
  const why = othersMayWrite(statSync(folder), uid)
  if (why === null) return null
  return makeTrouble(`the linked folder ${why}`, {
    place: `${path} leads into ${folder}`,
    command: `ls -ld ${quoted(path)} ${quoted(folder)}`,
  })
}
