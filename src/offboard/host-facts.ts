// What this machine knows about a user: the account, root's mark, and whether their timer runs.

import { existsSync, lstatSync } from 'node:fs'
import { leftMark } from '../config/config.js'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import { toolPath } from '../system/start-program.js'
import { AuthError } from '../system/trouble.js'
import { askDirectory } from '../system/user-directory.js'
import { noAnswerAbout } from '../system/users.js'

export interface HostFacts {
  account: Account
  /** When root marked the user as left, epoch milliseconds; null: there is no mark. */
  markedAtMs: number | null
  /** Does claude-auth's timer run in the user's service manager? */
  isTimerActive: boolean
}

/**
 * The account `name` of this machine, also one without a home of its own; null where there is none. Throws `no-directory` where
 * nobody says so.
 */
export function anyAccountNamed(name: string, ask = askDirectory): Account | null {
  const lines = ask([name])
  if (lines === null) {
    const { cause, place, command } = noAnswerAbout(name)
    throw new AuthError('no-directory', `${cause} (${place})`, command ? { hint: command } : {})
  }
  const line = lines.split('\n').find(each => each.startsWith(`${name}:`)) ?? ''
  const [, , uid = '', gid = '', , home = ''] = line.split(':')
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return null
  return { name, uid: Number(uid), gid: Number(gid), home }
}

/** What renews each user's login. */
export const timer = 'claude-auth.timer'
/** The user controls what answers there, so no wait is long. */
export const unitsMs = 10_000

/** Null: nobody of that name has an account here. */
export async function hostFactsOf(user: string): Promise<HostFacts | null> {
  const account = anyAccountNamed(user)
  if (account === null) return null
  const mark = lstatSync(leftMark(account.uid), { throwIfNoEntry: false })
  const ended = await inManager(account, ['is-active', '--quiet', timer])
  return {
    account,
    markedAtMs: mark?.uid === 0 ? Math.floor(mark.mtimeMs) : null,
    isTimerActive: ended?.kind === 'ended' && ended.code === 0,
  }
}

/** Runs `systemctl --user` as the user. Null: no service manager of theirs runs, or this machine has none. */
export async function inManager(user: Account, args: string[]): Promise<EndedAsUser | null> {
  const folder = `/run/user/${user.uid}`
  const tool = toolPath('systemctl')
  if (tool === null || !existsSync(`${folder}/systemd/private`)) return null
  const env = { XDG_RUNTIME_DIR: folder }
  return runAsUser(user, tool, ['--user', ...args], { timeoutMs: unitsMs, env })
}
