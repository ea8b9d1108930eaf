// Who offboards, why, and when: written into the journal, the note in Vault, and what the site's program reads.

import type { Env } from '../system/paths.js'
import type { Person } from '../system/users.js'
import { clean } from '../text/clean.js'

/** Who does it and why, and when it is. */
export interface Cause {
  /** `root@host`; behind sudo `alice as root@host`. */
  by: string
  why: string
  nowMs: number
}

/** `why`: as it was typed. */
export function causeOf(
  { user, host }: Pick<Person, 'user' | 'host'>,
  env: Env,
  { why, nowMs }: { why: string; nowMs: number },
): Cause {
  const caller = callerOf(env)
  const self = `${user}@${host}`
  const by = caller !== null && caller !== user ? `${caller} as ${self}` : self
  return { by, why: clean(why, 300), nowMs }
}

/** Who called sudo; null: nobody did. */
export function callerOf(env: Env): string | null {
  const caller = clean(env['SUDO_USER'] ?? '', 60)
  return caller === '' ? null : caller
}
