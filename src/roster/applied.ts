// `roster.applied.yaml`: the users whose rows were carried out from here, so that one who vanishes is missed. JSON, which is YAML.

import { dirname } from 'node:path'
import { flag, jsonObject, object, orNull, recordOf, text } from '../system/json.js'
import { readBounded } from '../system/open-file.js'
import { makeTrouble, quoted, type Trouble } from '../system/trouble.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import type { EarlierRow } from './check.js'

export interface Applied {
  /** The commit that was carried out. */
  commit: string
  /** ISO 8601. */
  appliedAt: string
  users: readonly EarlierRow[]
}

const maxBytes = 16 * 1024 * 1024

const appliedIn = object({
  commit: text,
  applied_at: text,
  users: recordOf(object({ vault_name: text, is_admin: flag }, { left: orNull(text) })),
})

/** `none`: nothing was applied from here yet. `unreadable`: it cannot be known who vanished. */
export type AppliedRead =
  | { kind: 'read'; applied: Applied }
  | { kind: 'none' }
  | { kind: 'unreadable'; trouble: Trouble }

/** Only a file of `uid` or root that others can't write is believed. Never throws. */
export function readApplied(path: string, uid: number): AppliedRead {
  const judge = (stat: { uid: bigint; mode: bigint }) =>
    (Number(stat.uid) === uid || stat.uid === 0n) && (stat.mode & 0o022n) === 0n
      ? null
      : 'could have been written by others'
  const read = readBounded(path, { maxBytes, links: 'refuse', judge })
  if (read.kind === 'missing') return { kind: 'none' }
  const command = `ls -l ${quoted(path)}`
  if (read.kind === 'unfit')
    return { kind: 'unreadable', trouble: makeTrouble(`${path} ${read.why}`, { command }) }
  const found = appliedIn(jsonObject(read.bytes))
  if (found === undefined)
    return { kind: 'unreadable', trouble: makeTrouble(`${path} is damaged`, { command }) }
  const users = Object.entries(found.users).map(([user, row]) => ({
    user,
    vaultName: row.vault_name,
    isAdmin: row.is_admin,
    leftOn: row.left ?? null,
  }))
  return { kind: 'read', applied: { commit: found.commit, appliedAt: found.applied_at, users } }
}

/** Replaces the file, 0600, one line for each user. Throws `write-failed`. */
export function writeApplied(path: string, { commit, appliedAt, users }: Applied): void {
  const lines = users.map(({ user, vaultName, isAdmin, leftOn }) => {
    const row = { vault_name: vaultName, is_admin: isAdmin, left: leftOn }
    return `    ${JSON.stringify(user)}: ${JSON.stringify(row)}`
  })
  const head = [
    `  "commit": ${JSON.stringify(commit)},`,
    `  "applied_at": ${JSON.stringify(appliedAt)},`,
  ]
  const text = ['{', ...head, '  "users": {', lines.join(',\n'), '  }', '}', ''].join('\n')
  makePrivateFolder(dirname(path))
  atomicWrite(path, text, { nonce: freshNonce() })
}

/** Do both say the same of the same users, in the same order? */
export function isSame(one: readonly EarlierRow[], other: readonly EarlierRow[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/**
 * What the next apply compares with: the committed rows, those of users who failed included, for some of it may have been
 * given to them; and of those whose row vanished each in `open`, who is not cut yet. Where the run was about one user
 * `only`, all others stay as they were.
 */
export function nextApplied(
  before: readonly EarlierRow[],
  committed: readonly EarlierRow[],
  { open, only }: { open: ReadonlySet<string>; only: string | null },
): EarlierRow[] {
  const listed = new Set(committed.map(({ user }) => user))
  const kept = before.filter(({ user }) => open.has(user) && !listed.has(user))
  const all = [...committed, ...kept].map(({ user, vaultName, isAdmin, leftOn }) => ({
    user,
    vaultName,
    isAdmin,
    leftOn,
  }))
  if (only === null) return all
  return [...before.filter(({ user }) => user !== only), ...all.filter(({ user }) => user === only)]
}
