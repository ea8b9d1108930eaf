// What `roster apply` remembers on this machine, and where: the roster it applied last, and what it has begun and not finished.

import { dirname, join } from 'node:path'
import {
  type Decoder,
  flag,
  jsonObject,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  recordOf,
  text,
} from '../system/json.js'
import { readBounded, readPrivateBytes } from '../system/open-file.js'
import { makeTrouble, quoted, type Trouble } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import { appendLine, atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import type { EarlierRow } from './differences.js'

export interface RosterPlaces {
  /** The roster that every user's engine reads; null: only root may write it. */
  roster: string | null
  /** The users of the roster that was applied last; written before anything is made for a new user, and at the end. */
  applied: string
  /** What was begun: tokens on their way, and messages not yet sent. */
  pending: string
  /** One apply at a time. */
  gate: string
  /** The journal of admins. */
  journal: string
}

/** `root` is put before every path of the machine. */
export function rosterPlaces(
  { uid, home }: Pick<Person, 'uid' | 'home'>,
  root = '/',
): RosterPlaces {
  const isRoot = uid === 0
  const folder = isRoot
    ? join(root, 'var/lib/claude-auth')
    : join(home, '.local', 'share', 'claude-auth-admin')
  return {
    roster: isRoot ? join(root, 'etc/claude-auth/roster.yaml') : null,
    applied: join(folder, 'roster.applied.yaml'),
    pending: join(folder, 'roster.pending.json'),
    gate: join(folder, 'roster.gate'),
    journal: join(folder, 'admin.jsonl'),
  }
}

export interface Applied {
  /** The commit whose apply ended last, whether or not steps were left; empty: none has ended yet. */
  commit: string
  /** When it ended, ISO 8601; where none has: when the first one began. */
  appliedAt: string
  users: readonly EarlierRow[]
}

const appliedMaxBytes = 16 * 1024 * 1024

const appliedIn = object({
  commit: text,
  applied_at: text,
  users: recordOf(object({ vault_name: text, is_admin: flag }, { left: orNull(text) })),
})

/** `none`: no roster was applied from here yet. `unreadable`: it is not known who vanished. */
export type AppliedRead =
  | { kind: 'read'; applied: Applied }
  | { kind: 'none' }
  | { kind: 'unreadable'; trouble: Trouble }

/** Trusts only a file of `uid` or root that others can't write. Never throws. */
export function readApplied(path: string, uid: number): AppliedRead {
  const judge = (stat: { uid: bigint; mode: bigint }) =>
    (Number(stat.uid) === uid || stat.uid === 0n) && (stat.mode & 0o022n) === 0n
      ? null
      : 'could have been written by others'
  const read = readBounded(path, { maxBytes: appliedMaxBytes, links: 'refuse', judge })
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
 * given to them. Each in `open` is not cut yet and keeps the earlier row, so that the next run counts the same removals.
 * Where the run was about one user `only`, all others stay as they were.
 */
export function nextApplied(
  before: readonly EarlierRow[],
  committed: readonly EarlierRow[],
  { open, only }: { open: ReadonlySet<string>; only: string | null },
): EarlierRow[] {
  const kept = new Map(before.flatMap(row => (open.has(row.user) ? [[row.user, row]] : [])))
  const listed = new Set(committed.map(({ user }) => user))
  const rows = committed.map(row => kept.get(row.user) ?? row)
  const all = [...rows, ...before.filter(({ user }) => kept.has(user) && !listed.has(user))].map(
    ({ user, vaultName, isAdmin, leftOn }) => ({ user, vaultName, isAdmin, leftOn }),
  )
  if (only === null) return all
  return [...before.filter(({ user }) => user !== only), ...all.filter(({ user }) => user === only)]
}

/** A token that was minted and is still wrapped in Vault. */
export interface WrappedToken {
  /** The wrapping token; it unwraps once. */
  wrapping: string
  /** Of the token inside. */
  accessor: string
  /** Until when it can be opened, epoch milliseconds. */
  endsAtMs: number
}

export interface PendingUser {
  what: 'added' | 'cut'
  /** The reason of the commit. */
  why: string
  token: WrappedToken | null
  /**
   * Since when a token may have been minted whose accessor is not known: written before Vault is asked for it, epoch
   * milliseconds. Null: none.
   */
  mintingSinceMs: number | null
  /** The sinks that already have the message about this user. */
  sentTo: readonly string[]
}

export type Pending = Readonly<Record<string, PendingUser>>

const changeIn: Decoder<Record<string, PendingUser | null>> = recordOf(
  orNull(
    object({
      what: oneOf('added', 'cut'),
      why: text,
      token: orNull(object({ wrapping: text, accessor: text, endsAtMs: number })),
      mintingSinceMs: orNull(number),
      sentTo: otherwise(listOf(text), []),
    }),
  ),
)

/** Some hundred bytes for each step of an apply; of 20,000 users that is 50 MB. */
const pendingMaxBytes = 256 * 1024 * 1024

/**
 * Each line changes what the lines before it say: so a step costs one line, however many users are pending. Nothing where there
 * is no file; of a line that can't be read, the torn last one of a crash, nothing is known. Throws `secret-readable-by-others`, `not-private`.
 */
export function readPending(path: string, uid: number): Pending {
  const bytes = readPrivateBytes(path, { uid, maxBytes: pendingMaxBytes })
  const users = new Map<string, PendingUser>()
  for (const line of (bytes?.toString() ?? '').split('\n'))
    for (const [user, entry] of Object.entries(changeIn(jsonObject(line)) ?? {}))
      if (entry === null) users.delete(user)
      else users.set(user, entry)
  return Object.fromEntries(users)
}

/** Adds one user's entry, durably. Throws `write-failed`, `not-private`. */
export function appendPending(path: string, user: string, entry: PendingUser): void {
  makePrivateFolder(dirname(path))
  appendLine(path, JSON.stringify({ [user]: entry }))
}

/** Replaces the file by one line, 0600 in a folder that only its owner may read. Throws `write-failed`. */
export function writePending(path: string, pending: Pending): void {
  makePrivateFolder(dirname(path))
  atomicWrite(path, `${JSON.stringify(pending)}\n`, { nonce: freshNonce() })
}
