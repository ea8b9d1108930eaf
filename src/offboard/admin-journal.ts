// The journal of what admins did (`/var/lib/claude-auth/admin.jsonl`, 0600): one JSON line a step, only ever appended to.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { jsonObject, noneOr, object, text, whole } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import { appendLine, writeFailed } from '../system/write-file.js'
import { clean } from '../text/clean.js'

/** Where it is, on the machine where the command runs. */
const adminJournalPath = '/var/lib/claude-auth/admin.jsonl'

export interface AdminDeed {
  /** ISO 8601, UTC. */
  at: string
  /** `root@host`; behind sudo the name of who called it stands before: `alice as root@host`. */
  who: string
  /** `offboard cut` */
  command: string
  /** Whom it was about. */
  user?: string
  step: string
  why: string
  /** `done`, `left`, or `failed: …` */
  result: string
}

/** Nobody writes that much in a site's life; a larger file is not read. */
const longestRead = 64 * 1024 * 1024

/**
 * Appends one line, synced to disk, to a file of ours that only we may read; its folder is made. A torn last line of a crash
 * is closed first. Throws `write-failed` or `not-private`: a deed that can't be written down is not to be done.
 */
export function appendAdminJournal(deed: AdminDeed, path: string = adminJournalPath): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  } catch (error) {
    throw writeFailed(path, error)
  }
  appendLine(path, JSON.stringify(cleaned(deed)))
}

/** What was done about `user`, oldest first; torn and foreign lines are left out. */
export function adminDeedsOf(user: string, path: string = adminJournalPath): AdminDeed[] {
  const lines = textAt(path, { maxBytes: longestRead, links: 'refuse' })?.split('\n') ?? []
  return lines.flatMap(line => {
    const deed = deedIn(jsonObject(line))
    return deed?.user === user ? [deed] : []
  })
}

const deedIn = whole<AdminDeed>(
  object({
    at: text,
    who: text,
    command: text,
    user: noneOr(text),
    step: text,
    why: text,
    result: text,
  }),
)

function cleaned({ at, who, command, user, step, why, result }: AdminDeed): AdminDeed {
  return {
    at: clean(at, 40),
    who: clean(who, 200),
    command: clean(command, 60),
    ...(user === undefined ? {} : { user: clean(user, 100) }),
    step: clean(step, 100),
    why: clean(why, 300),
    result: clean(result, 400),
  }
}
