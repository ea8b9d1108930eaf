// The private file that holds what a user signs in to Vault with: read, or refused in plain words.

import { lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AuthError } from '../host/error.js'
import { readPrivateBytes } from '../host/open-file.js'
import { quoted } from '../host/quoted.js'
import { othersMayWrite } from '../host/trusted-path.js'

export type SecretFile =
  /** The text without the white space around it. */
  { kind: 'text'; text: string } | { kind: 'missing' } | { kind: 'denied'; what: string }

/**
 * Reads `path`: a regular file of `uid`'s own that nobody else may read, or replace anywhere on the way to it. A link to one
 * leads into a folder that nobody else may write to, be it one for everybody.
 */
export function readSecretFile(path: string, uid: number): SecretFile {
  try {
    const bytes = readPrivateBytes(path, { uid })
    if (bytes === null) return { kind: 'missing' }
    const what = strayLink(path, uid)
    if (what !== null) return { kind: 'denied', what }
    return { kind: 'text', text: bytes.toString().trim() }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { kind: 'denied', what: `${error.message}; type: ${error.hint}` }
  }
}

/** In a folder of others, any file of ours could be put in the place of the one that was meant. */
function strayLink(path: string, uid: number): string | null {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return null
  const folder = dirname(realpathSync(path))
  const why = othersMayWrite(statSync(folder), uid)
  return (
    why &&
    `the linked folder ${why} (${path} leads into ${folder}); type: ls -ld ${quoted(path)} ${quoted(folder)}`
  )
}
