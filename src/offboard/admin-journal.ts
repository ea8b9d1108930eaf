// The journal of what admins did (`/var/lib/claude-auth/admin.jsonl`, 0600): who did what, why, and what it says was done.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { jsonObject, noneOr, object, text, whole } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import type { Person } from '../system/users.js'
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

/** The step that a stage begins with, before any other. */
export const begin = 'begin'
/** As a journal names the way back. */
const backCommand = 'offboard undo'

/** Done from here, and not taken back since. */
export function wasDone(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last !== undefined && last.command !== backCommand && !isBeforeBack(deeds, last)
}

export function isDoneBack(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last === undefined || last.command === backCommand
}

/** Taken back since the last cut, by us or by a person. */
export function wasTakenBack(deeds: readonly AdminDeed[], step: string): boolean {
  const back = deeds.findLastIndex(
    each => each.step === step && each.result === 'done' && each.command === backCommand,
  )
  return back > deeds.findLastIndex(beganCut)
}

/** Was a cut begun from here? A step that was only ticked off begins none. */
export function wasCutFromHere(deeds: readonly AdminDeed[]): boolean {
  return deeds.some(beganCut)
}

/** `roster apply` cuts in one step. */
export function beganCut({ step, command }: AdminDeed): boolean {
  return (
    (step === begin && command === 'offboard cut') || (step === 'cut' && command === 'roster apply')
  )
}

/** What was begun last (`offboard cut`); null: nothing was. What is ticked off later begins nothing. */
export function lastBegun(deeds: readonly AdminDeed[]): string | null {
  return deeds.findLast(({ step }) => step === begin)?.command ?? null
}

/** The other hosts of which the journal speaks: by steps such as `left:ws2`. */
export function hostsIn(deeds: readonly AdminDeed[]): string[] {
  return deeds.flatMap(({ step }) => /^(?:left|logout|erase):(.+)$/.exec(step)?.[1] ?? [])
}

/** An account that was cut anew has to be signed out anew. */
function isBeforeBack(deeds: readonly AdminDeed[], deed: AdminDeed): boolean {
  // Those of a cut have a way back of their own.
  if (deed.step.startsWith('site:') && deed.command === 'offboard cut') return false
  const back = deeds.findLastIndex(each => each.command === backCommand)
  return deeds.indexOf(deed) < back
}
