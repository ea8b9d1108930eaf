// A login as it was found, and as it is shown: with its details, and the command that helps. Pure.

import { listDirectory } from '../system/user-directory.js'
import { type Finding, hasRemains, signInEnd } from './finding.js'
import type { HealthRecord } from './record.js'
import { rankOf } from './states.js'

/** One login on one host. Times are epoch milliseconds. */
export interface Login extends Finding {
  user: string
  /** Null where no host is known. It can be any text. */
  host: string | null
  /** The newest sign of life. */
  seenAt: number | null
}

export interface FoundLogin extends Login {
  /** Null where none was found that can be read. */
  record: HealthRecord | null
}

export interface JudgedLogin extends Login {
  loginEndsAt: number | null
  credential: HealthRecord['credential'] | null
  custody: HealthRecord['custody'] | null
  version: string | null
  /** The command that helps, for the user on that host, or for the admin where it names the user; null: there is nothing to do. */
  toDo: string | null
}

/** The login with what is shown of it. Most logins are only counted. */
export function judgedLogin({ record, ...login }: FoundLogin, nowMs: number): JudgedLogin {
  return {
    ...login,
    loginEndsAt: record && signInEnd(record, nowMs),
    credential: record?.credential ?? null,
    custody: record?.custody ?? null,
    version: record?.version ?? null,
    toDo: toDoOf(login, record?.credential === 'long-lived'),
  }
}

/** Worst first, then by names. */
export function byNeed(one: JudgedLogin, other: JudgedLogin): number {
  return (
    rankOf(one.state) - rankOf(other.state) ||
    compare(one.user, other.user) ||
    compare(one.host ?? '', other.host ?? '') ||
    // Two rows with one name: any stable order will do.
    compare(JSON.stringify(one), JSON.stringify(other))
  )
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function toDoOf(login: Login, isLongLived: boolean): string | null {
  switch (login.state) {
    case 'sign-in':
      return isLongLived ? 'claude-auth login --long-lived' : 'claude-auth login'
    case 'never':
      return 'claude-auth login'
    case 'broken':
    case 'attention':
    case 'no-answer':
    case 'silent':
      return 'claude-auth doctor'
    case 'stranger':
      return offboarding(login.user)
    case 'unknown':
      return helpForUnknown[login.because] ?? 'claude-auth ensure'
    default:
      return hasRemains(login) ? offboarding(login.user) : null
  }
}

const helpForUnknown: Readonly<Record<string, string>> = {
  clock: 'timedatectl',
  'no-directory': listDirectory,
}

/** A name that is not plain is not put into a command. */
function offboarding(user: string): string {
  return /^[a-z0-9][a-z0-9._-]*$/.test(user)
    ? `claude-auth offboard ${user}`
    : 'claude-auth offboard'
}
