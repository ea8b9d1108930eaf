// The login file of a test's home, written as the client writes it: whole, by rename.

import { readFileSync, renameSync, rmSync } from 'node:fs'
import type { Authority, ClientLogin } from '../../src/demo/authority.js'
import type { User } from '../../src/demo/grants.js'
import type { Home } from './home.js'

const hourMs = 3_600_000

/** How the login file looks at the start. `dead`: expired, and its family has ended. */
export type FirstLogin =
  | 'valid'
  | 'past-half'
  | 'expired'
  | 'dead'
  | 'revoked'
  | 'blank'
  | 'long-lived'
  | 'none'

export interface LoginOnDisk {
  /** The login in the file, or null when there is none that can be read. */
  login(): ClientLogin | null
  /** Replaces the login and keeps its siblings; a text replaces the whole file, null removes it. */
  writeLogin(login: ClientLogin | string | null): void
  /** Blanks the login as the client does after `invalid_grant`. */
  blank(): void
}

export function loginOnDisk(home: Home): LoginOnDisk {
  const file = home.paths.loginFile

  function whole(): { claudeAiOauth?: ClientLogin } {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as { claudeAiOauth?: ClientLogin }
    } catch {
      return {}
    }
  }

  function writeLogin(next: ClientLogin | string | null): void {
    if (next === null) {
      rmSync(file, { force: true })
      return
    }
    const text =
      typeof next === 'string' ? next : JSON.stringify({ ...whole(), claudeAiOauth: next })
    home.write(`${file}.next`, text)
    renameSync(`${file}.next`, file)
  }

  return {
    login: () => whole().claudeAiOauth ?? null,
    writeLogin,
    blank: () => {
      const blanked = { accessToken: '', refreshToken: '', expiresAt: 0 }
      writeLogin({ ...(whole().claudeAiOauth as ClientLogin), ...blanked })
    },
  }
}

/** Puts the first login of a test on disk. */
export function putFirst(
  first: FirstLogin,
  disk: LoginOnDisk,
  authority: Authority,
  user: User,
): void {
  if (first === 'none') return
  const isOver = first === 'expired' || first === 'dead'
  const lifeMs = isOver ? -60_000 : (first === 'past-half' ? 3 : 8) * hourMs
  const login =
    first === 'long-lived' ? authority.mintLongLived(user) : authority.signIn({ user, lifeMs })
  disk.writeLogin(login)
  if (first === 'dead') authority.endFamily(login.accessToken)
  if (first === 'revoked') authority.revokeAccess(login.accessToken)
  if (first === 'blank') disk.blank()
}
