// The journal of admins (`/var/lib/claude-auth/admin.jsonl`, 0600): who did what and why, and which steps it shows as done.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { jsonObject, noneOr, object, text, whole } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import type { Person } from '../system/users.js'
import { appendLine, writeFailed } from '../system/write-file.js'
import { clean } from '../text/clean.js'

/** Each machine has its own. */
const adminJournalPath = '/var/lib/claude-auth/admin.jsonl'

export interface AdminDeed {
  /** ISO 8601, UTC. */
  at: string
  /** `root@host`; with sudo `alice as root@host`. */
  who: string
  /** `offboard cut` */
  command: string
  /** The user it was done to. */
  user?: string
  step: string
  why: string
  /** `done`, `left`, or `failed: …` */
  result: string
}

/** More than a site ever writes; a larger file is not read. */
const longestRead = 64 * 1024 * 1024

/**
 * Appends one line, synced to disk, to a private file; creates its folder. If a crash left a torn last line, that line is
 * ended first. Throws `write-failed` or `not-private`: a deed that can't be journaled must not be done.
 */
export function appendAdminJournal(deed: AdminDeed, path: string = adminJournalPath): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  } catch (error) {
    throw writeFailed(path, error)
  }
  appendLine(path, JSON.stringify(cleaned(deed)))
}

/** What was done to `user`, oldest first; torn and foreign lines are skipped. */
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

/** Who acts, why and when. */
export interface Cause {
  /** As `actorOf` has it. */
  by: string
  why: string
  nowMs: number
}

/** `why`: as it was typed. */
export function causeOf(
  person: Pick<Person, 'user' | 'host'>,
  env: Env,
  { why, nowMs }: { why: string; nowMs: number },
): Cause {
  return { by: actorOf(person, env), why: clean(why, 300), nowMs }
}

/** `root@host`; with sudo `alice as root@host`. */
export function actorOf({ user, host }: Pick<Person, 'user' | 'host'>, env: Env): string {
  const caller = callerOf(env)
  const self = `${user}@${host}`
  return caller !== null && caller !== user ? `${caller} as ${self}` : self
}

/** The user who called sudo; null without one, or where the variable holds no name (a directory's may have `\\`, `@`, `+`). */
export function callerOf(env: Env): string | null {
  const caller = env['SUDO_USER'] ?? ''
  return /^[\p{L}\p{N}_.@\\+-]{1,64}\$?$/u.test(caller) ? caller : null
}

/** The entry that opens a stage, before its first step. */
export const begin = 'begin'
/** The journal's name for the way back from a cut. */
const backCommand = 'offboard undo'

/** Was `step` done from here and not undone since? */
export function wasDone(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last !== undefined && last.command !== backCommand && !isBeforeBack(deeds, last)
}

export function isDoneBack(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last === undefined || last.command === backCommand
}

/** Was `step` undone since the last cut, by us or by a person? */
export function wasTakenBack(deeds: readonly AdminDeed[], step: string): boolean {
  const back = deeds.findLastIndex(
    each => each.step === step && each.result === 'done' && each.command === backCommand,
  )
  return back > deeds.findLastIndex(beganCut)
}

/** Was a cut begun from here? Ticking off a step begins none. */
export function wasCutFromHere(deeds: readonly AdminDeed[]): boolean {
  return deeds.some(beganCut)
}

/** Was a cut begun from here, or one of another host's taken back? An undo that finds nothing to do begins none. */
export function wasEverCut(deeds: readonly AdminDeed[]): boolean {
  return (
    wasCutFromHere(deeds) ||
    deeds.some(({ step, command }) => step === begin && command === backCommand)
  )
}

/** `roster apply` cuts in one step. */
export function beganCut({ step, command }: AdminDeed): boolean {
  return (
    (step === begin && command === 'offboard cut') || (step === 'cut' && command === 'roster apply')
  )
}

/** The stage begun last (`offboard cut`), or null. Ticking off a step begins none. */
export function lastBegun(deeds: readonly AdminDeed[]): string | null {
  return deeds.findLast(({ step }) => step === begin)?.command ?? null
}

/** The other hosts that the journal names, by steps such as `left:ws2`. */
export function hostsIn(deeds: readonly AdminDeed[]): string[] {
  return deeds.flatMap(({ step }) => /^(?:left|logout|erase):(.+)$/.exec(step)?.[1] ?? [])
}

/** Does the deed predate the last undo? After a second cut, a revoked login must be revoked again. */
function isBeforeBack(deeds: readonly AdminDeed[], deed: AdminDeed): boolean {
  // The site's steps of a cut are undone one by one.
  if (deed.step.startsWith('site:') && deed.command === 'offboard cut') return false
  const back = deeds.findLastIndex(each => each.command === backCommand)
  return deeds.indexOf(deed) < back
}
