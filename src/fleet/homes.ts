// The records of the users of this machine, each read from the user's own home.

import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from '../system/as-user.js'
import { systemCode } from '../system/error.js'
import { readBounded } from '../system/open-file.js'
import { loginFolder, loginPaths } from '../system/paths.js'
import { distrustOf } from '../system/trusted-path.js'
import type { SeenRecord } from './finding.js'
import { readMaxBytes, readRecord, recordFile } from './record.js'

/** A home on a server that is away gives no answer. */
const lookMs = 5_000
/** More would wait for one file system, and each of Node's threads with it. */
const looksAtOnce = 3

/**
 * What each of `users` left in their login folder `~/.claude` on `host`; of who left none, nothing. Believed is a regular file
 * of the user's own, no link, of at most 4 KiB, in folders that nobody but they and root may write to. Where root is
 * nobody (root_squash) or no answer comes, nobody can tell: `closed`.
 */
export async function seenInHomes(
  users: readonly Account[],
  host: string,
  tick: () => void = () => undefined,
): Promise<SeenRecord[]> {
  const found: SeenRecord[] = []
  let next = 0
  const looker = async () => {
    while (next < users.length) {
      const { name: user, uid, home } = users[next++] as Account
      const record = await recordIn(fileOf(home), uid)
      if (record !== null) found.push({ user, host, record })
      tick()
    }
  }
  await Promise.all(Array.from({ length: looksAtOnce }, looker))
  return found
}

function fileOf(home: string): string {
  return join(loginPaths(loginFolder({}, home), {}, home).state, recordFile)
}

async function recordIn(path: string, uid: number): Promise<SeenRecord['record'] | null> {
  const answer = await answered(path)
  if (answer === 'missing') return null
  if (answer === 'closed') return 'closed'
  if (distrustOf(path, uid) !== null) return 'unreadable'
  const read = readBounded(path, {
    maxBytes: readMaxBytes,
    links: 'refuse',
    judge: stat => (Number(stat.uid) === uid ? null : `belongs to user ${stat.uid}`),
  })
  if (read.kind === 'missing') return null
  if (read.kind === 'read') return readRecord(read.bytes.toString()) ?? 'unreadable'
  return isClosed(read.code) ? 'closed' : 'unreadable'
}

/** Asked before anything is opened: only this way of asking can be given up. */
async function answered(path: string): Promise<'there' | 'missing' | 'closed'> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<'closed'>(resolve => {
    timer = setTimeout(() => resolve('closed'), lookMs)
  })
  const answer = lstat(path).then(
    () => 'there' as const,
    error => {
      const code = systemCode(error)
      return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'closed'
    },
  )
  return Promise.race([answer, limit]).finally(() => clearTimeout(timer))
}

function isClosed(code: string | null): boolean {
  return code === 'EACCES' || code === 'EPERM'
}
