// The person this process runs as, and where: the user of the effective uid, their home, this host and the working folder.

import { hostname, userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import { AuthError } from './error.js'
import type { Env } from './paths.js'

/** One user on one host; `host` is the short name in lower case. */
export interface Person {
  uid: number
  user: string
  home: string
  host: string
}

/**
 * The user's name comes from the uid, never from `$USER`, which `su` and `sudo -E` leave behind; the
 * home is `$HOME` where that is absolute, as it is for the client, else the password database's. A
 * uid that the database does not know is its own name.
 * @throws AuthError `usage` when there is no home at all
 */
export function whoAmI(env: Env): Person {
  const uid = process.geteuid?.() ?? -1
  const known = knownUser()
  const home = env['HOME'] && isAbsolute(env['HOME']) ? env['HOME'] : known?.homedir
  if (!home || !isAbsolute(home))
    throw new AuthError('usage', 'no home folder: HOME is not set to an absolute path', {
      hint: 'export HOME=/home/you',
    })
  const host = hostname().split('.')[0] ?? ''
  return { uid, user: known?.username ?? String(uid), home, host: host.toLowerCase() }
}

function knownUser(): { username: string; homedir: string } | null {
  try {
    return userInfo()
  } catch {
    return null
  }
}

/** A folder that was deleted under a shell has no name any more: then `/`. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}
