// What would prevent the next renewal, or saving it, on this machine: found by reading only, before it is due.

import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { tokenHash } from '../login/login.js'
import { whyFixed } from '../login/save-proof.js'
import { whyNoneStarts } from '../system/program-places.js'
import { errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { writeFailed } from '../system/write-file.js'
import type { Observation } from './observe.js'
import type { Run } from './run.js'

/** Why the login that `seen` is about can't be renewed here; null where nothing is known to. */
export async function hindranceOf(run: Run, seen: Observation): Promise<Trouble | null> {
  return unwritable(run) ?? (await withoutToken(run, seen)) ?? unserved(run, seen)
}

/** A successor is saved under a lock in the login folder, and by a rename there, else over the file where it stands; never without our own folder. */
function unwritable({ paths }: Run): Trouble | null {
  const closed = whyNotWritable(paths.state) ?? whyNotWritable(paths.folder)
  if (closed !== null) return closed
  const fixed = whyFixed(paths.loginFile)
  return fixed && errorTrouble(fixed)
}

/** By access(2), which knows of a file system that is read-only; of what is missing, the folder above is asked. */
function whyNotWritable(path: string): Trouble | null {
  let there = path
  while (!existsSync(there) && there !== dirname(there)) there = dirname(there)
  try {
    accessSync(there, constants.W_OK)
    return null
  } catch (error) {
    return errorTrouble(writeFailed(there, error, `${there} cannot be written`))
  }
}

/** In sole custody the token is in the store; a shared document may have it where the copy on this machine has not. */
async function withoutToken(
  { store, memory }: Run,
  { file }: Observation,
): Promise<Trouble | null> {
  if (!isWithoutToken(file) || store?.kind !== 'local') return null
  const read = await store.read()
  if (read.kind !== 'empty' && read.kind !== 'current') return null
  const token = read.kind === 'current' ? (read.stored.login?.refreshToken ?? null) : null
  if (token !== null && !memory.spent.includes(tokenHash(token))) return null
  return makeTrouble('the sealed store has no refresh token for this login', {
    command: 'claude-auth login',
  })
}

/** Only claude-auth renews then. */
function unserved(run: Run, { file }: Observation): Trouble | null {
  return isWithoutToken(file) ? whyNoneStarts(run.person.home, run.env) : null
}

function isWithoutToken(file: Observation['file']): boolean {
  return file.kind === 'login' && file.login.refreshToken === null
}
