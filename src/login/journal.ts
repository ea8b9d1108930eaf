// The journal (`journal.jsonl`, 0600): what changed a login, one JSON line each, only ever appended to; and the last run, step by
// step (`last.json`, 0600).

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  renameSync,
  writeSync,
} from 'node:fs'
import type { Step, Verdict } from '../policy/outcome.js'
import {
  type Decoder,
  flag,
  jsonObject,
  listOf,
  noneOr,
  number,
  object,
  orNull,
  text,
  whole,
} from '../system/json.js'
import { openRegular, startOf, textAt } from '../system/open-file.js'
import { AuthError, systemCode, type Trouble } from '../system/trouble.js'
import { atomicWrite } from '../system/write-file.js'
import { clean } from '../text/clean.js'
import { troubleIn } from '../text/trouble.js'

/** What is written down: steps that changed something, and events beside them. One spelling everywhere. */
export type Deed =
  | Step['do']
  | 'recover'
  | 'adopt'
  | 'keep-aside'
  | 'record-token'
  | 'take-custody'
  | 'hand-back'
  | 'sign-in-over'
  | 'signed-in'
  | 'sign-out'
  | 'store-access'
  | 'alert'
  | 'observe'

export type Actor = 'launch' | 'hook' | 'timer' | 'command'

/** One line of the journal. `before` and `after` are fingerprints of the login's token. */
export interface JournalEntry {
  /** ISO 8601, UTC. */
  at: string
  host: string
  actor: Actor
  did: Deed
  because: string
  before?: string
  after?: string
  detail?: string
}

const rotateBytes = 1_048_576

/**
 * Appends one line (at most 4 KiB) by a single write to a plain file of our own, never through a
 * symlink; a torn last line of a crash is closed first. At 1 MiB the file becomes `journal.1.jsonl`,
 * replacing the one before: call it under the gate. The journal never fails a run: trouble is a value.
 */
export function appendJournal(path: string, entry: JournalEntry): 'written' | 'failed' {
  let descriptor: number | null = null
  try {
    const line = journalLine(entry)
    descriptor = openPlain(path)
    if (fstatSync(descriptor).size + line.length > rotateBytes && rotate(path, descriptor)) {
      closeSync(descriptor)
      descriptor = null
      descriptor = openPlain(path)
    }
    const bytes = endsTorn(descriptor) ? Buffer.concat([Buffer.from('\n'), line]) : line
    return writeSync(descriptor, bytes) === bytes.length ? 'written' : 'failed'
  } catch (error) {
    // Only a failed system call is the disk's trouble; anything else is our bug and must be seen.
    if (systemCode(error) === null) throw error
    return 'failed'
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** The rotated journal beside `path`. */
export function olderJournal(path: string): string {
  return path.replace(/(\.jsonl)?$/, '.1$1')
}

/** The line as it is written: text cleaned and cut, and only real fingerprints. */
function journalLine(entry: JournalEntry): Buffer {
  const { before, after, detail } = entry
  const fields: JournalEntry = {
    at: clean(entry.at, 40),
    host: clean(entry.host, 200),
    actor: entry.actor,
    did: entry.did,
    because: clean(entry.because, 100),
    ...(isFingerprint(before) ? { before } : {}),
    ...(isFingerprint(after) ? { after } : {}),
    ...(detail === undefined ? {} : { detail: clean(detail, 600) }),
  }
  return Buffer.from(`${JSON.stringify(fields)}\n`)
}

function isFingerprint(value: string | undefined): value is string {
  return value !== undefined && /^[0-9a-f]{8}$/.test(value)
}

function openPlain(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT } = constants
  const descriptor = openRegular(path, O_RDWR | O_APPEND | O_CREAT, { links: 'refuse' })
  const { mode, uid } = fstatSync(descriptor)
  if ((mode & 0o077) !== 0 && uid === process.geteuid?.()) fchmodSync(descriptor, 0o600)
  return descriptor
}

function rotate(path: string, descriptor: number): boolean {
  const open = fstatSync(descriptor)
  const named = lstatSync(path)
  if (open.ino !== named.ino || open.dev !== named.dev) return true
  try {
    renameSync(path, olderJournal(path))
    return true
  } catch (error) {
    if (systemCode(error) === null) throw error
    return false
  }
}

function endsTorn(descriptor: number): boolean {
  const { size } = fstatSync(descriptor)
  const last = size > 0 ? startOf(descriptor, 1, size - 1)[0] : undefined
  return last !== undefined && last !== 0x0a
}

/** One readable line: its text as it stands, and what it says. */
export interface JournalLine {
  text: string
  atMs: number
  /** As `JournalEntry`, but `did` and the rest may be words of a later version. */
  entry: JournalEntry
}

export interface Journal {
  /** Oldest first. */
  lines: JournalLine[]
  /** The system's code when a file is there and could not be read, else null. */
  unreadable: string | null
}

/** More than a journal ever grows to; what is beyond is left unread. */
const longestRead = 4 * 1_048_576

/**
 * The journal of `path` and the rotated one before it. Torn or foreign lines are left out; a file
 * that is not there is empty.
 */
export function readJournal(path: string): Journal {
  const journal: Journal = { lines: [], unreadable: null }
  for (const file of [olderJournal(path), path]) {
    try {
      journal.lines.push(...readText(file).split('\n').flatMap(readLine))
    } catch (error) {
      const code = error instanceof AuthError ? 'EINVAL' : systemCode(error)
      if (code === null) throw error
      if (code !== 'ENOENT') journal.unreadable = code
    }
  }
  return journal
}

function readText(file: string): string {
  const descriptor = openRegular(file, constants.O_RDONLY, { links: 'refuse' })
  try {
    return startOf(descriptor, longestRead).toString()
  } finally {
    closeSync(descriptor)
  }
}

/** As it stands, since `log --json` prints it: words and members of a later version too. */
const entryIn = whole<JournalEntry>(
  object({
    at: text,
    host: text,
    actor: text,
    did: text,
    because: text,
    before: noneOr(text),
    after: noneOr(text),
    detail: noneOr(text),
  }),
)

function readLine(line: string): JournalLine[] {
  const entry = entryIn(jsonObject(line))
  const atMs = Date.parse(entry?.at ?? '')
  return entry === undefined || Number.isNaN(atMs) ? [] : [{ text: line, atMs, entry }]
}

export const lastRunFile = 'last.json'

export type LastStep = Step & {
  /** Milliseconds after the run began, and how long it took. */
  afterMs: number
  ms: number
  /** It did what it is called. */
  done: boolean
}

export interface LastRun {
  /** ISO 8601, UTC: when it began. */
  at: string
  host: string
  actor: Actor
  verdict: Verdict
  because: Step['because']
  tookMs: number
  /** When a launch could go on; null: it was not recorded. */
  toldAfterMs: number | null
  steps: LastStep[]
  /** The lines that a launch showed. */
  said: string[]
  trouble: Trouble | null
}

/** The last launch that had to look, and the last run of any other caller. */
export interface LastRuns {
  launch: LastRun | null
  other: LastRun | null
}

const largest = 256 * 1024
const noRuns: LastRuns = { launch: null, other: null }

/** A word of another version is kept as it is. */
const anyWord = <T extends string>() => text as Decoder<T>

const runIn = object({
  at: text,
  host: text,
  actor: anyWord<Actor>(),
  verdict: anyWord<Verdict>(),
  because: anyWord<Step['because']>(),
  tookMs: number,
  toldAfterMs: orNull(number),
  steps: listOf(
    object({
      do: text,
      because: text,
      afterMs: number,
      ms: number,
      done: flag,
    }) as Decoder<LastStep>,
  ),
  said: listOf(text),
  trouble: orNull(troubleIn),
})

/** Replaces the last run of its kind with `run`. On a full disk it is lost. */
export function writeLastRun(path: string, run: LastRun, nonce: string): void {
  const before = readLastRuns(path)
  const runs: LastRuns =
    run.actor === 'launch' ? { ...before, launch: run } : { ...before, other: run }
  try {
    atomicWrite(path, JSON.stringify({ format: 1, ...runs }), { nonce, durable: false })
  } catch {
    // Nothing depends on it.
  }
}

/** What is kept at `path`; nothing if it is missing, damaged, or not our file. */
export function readLastRuns(path: string): LastRuns {
  const found = jsonObject(textAt(path, { maxBytes: largest, links: 'refuse' }) ?? '')
  if (found?.['format'] !== 1) return noRuns
  return { launch: runIn(found['launch']) ?? null, other: runIn(found['other']) ?? null }
}
