// `claude-auth log`: what changed this login, read from its journal, for people or as JSON lines; with --follow new lines as they
// come.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loginContextOf, notOurs } from '../engine/login-context.js'
import { type JournalLine, lastRunFile, readJournal, readLastRuns } from '../login/journal.js'
import type { Env, LoginPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { clean, jsonText } from '../text/clean.js'
import { durationMs } from '../text/durations.js'
import { type Ink, inkFor, linePrefix, widthOf, wrapped } from '../text/terminal.js'
import { type CommandEntry, readFlags } from './command.js'
import { journalSentence, lastRunLines } from './log-words.js'

export const entry = {
  name: 'log',
  group: 'daily',
  summary: 'what changed the login, and why; newest last',
  about: 'Shows what changed this login and why, newest last. The journal never holds a token.',
  flags: {
    since: {
      value: '2d|DATE',
      says: 'only the last two days (s, m, h, d), or since a date: 2026-12-01',
    },
    n: { value: 'N', says: 'only the newest N lines' },
    follow: { says: 'keep showing new lines until Ctrl-C' },
    last: { says: 'the last launch that had to check the login, step by step' },
    json: { says: "the journal's lines as they are; with --last one JSON object" },
  },
  notes: ['A launch that finds the login good changes nothing and writes no line.'],
  examples: [
    'claude-auth log --since 2d -n 20',
    'claude-auth log --last',
    'claude-auth log --follow',
  ],
} as const satisfies CommandEntry

/** Prints the journal of this user's login. */
export async function logCommand(argv: string[], env: Env): Promise<number> {
  const { stdout } = process
  const place = loginContextOf(env)
  if (!place.owned) throw notOurs(place)
  return log(argv, {
    stdout: text => stdout.write(text),
    stderr: text => process.stderr.write(text),
    nowMs: Date.now(),
    paths: place.paths,
    ink: await inkFor(env, stdout.isTTY === true),
    width: stdout.isTTY === true ? widthOf(stdout) : null,
  })
}

/** What the command needs of the world. */
export interface LogIo {
  stdout: (text: string) => void
  stderr: (text: string) => void
  nowMs: number
  paths: Pick<LoginPaths, 'journal' | 'state'>
  ink: Ink
  /** The terminal's width, to break long lines at; null: one line each. */
  width: number | null
  /** Ends `--follow`; by Ctrl-C if not given. */
  until?: Promise<unknown>
}

/** Prints the journal and returns the exit code: 0, or 1 when it is there and can't be read. Throws `usage`. */
export async function log(args: string[], io: LogIo): Promise<number> {
  const wanted = readArgs(args, io.nowMs)
  if (wanted.last) return lastRun(wanted.json, io)
  const { lines, unreadable } = readJournal(io.paths.journal)
  const recent = lines.filter(line => line.atMs >= wanted.sinceMs)
  const shown = recent.slice(Math.max(0, recent.length - wanted.count))
  show(shown, wanted.json, io)
  if (unreadable !== null) return cannotBeRead(unreadable, io)
  if (wanted.follow) {
    await follow(io.paths.journal, lines, fresh => show(fresh, wanted.json, io), io.until)
  } else if (shown.length === 0 && !wanted.json) io.stdout('Nothing is recorded for this time.\n')
  return 0
}

function show(lines: JournalLine[], json: boolean, io: LogIo): void {
  for (const line of lines) io.stdout(json ? `${jsonText(line.entry)}\n` : forPeople(line, io))
}

function forPeople(line: JournalLine, { ink, width }: LogIo): string {
  const { time, words } = journalSentence(line)
  const indent = time.length + 2
  const broken = width === null ? [words] : wrapped(words, Math.max(width - indent, 20))
  return `${ink.dim(time)}  ${broken.join(`\n${' '.repeat(indent)}`)}\n`
}

function lastRun(json: boolean, { stdout, paths, ink, width }: LogIo): number {
  const { launch, other } = readLastRuns(join(paths.state, lastRunFile))
  const run = launch ?? other
  if (json) stdout(`${jsonText({ schemaVersion: 1, run })}\n`)
  else stdout(`${lastRunLines(run, ink, width).join('\n')}\n`)
  return 0
}

function cannotBeRead(unreadable: string, { stderr, paths }: LogIo): number {
  const path = clean(paths.journal, 300)
  stderr(`${linePrefix}the journal ${path} cannot be read (${unreadable})\n`)
  stderr(`${linePrefix}hint: claude-auth ensure\n`)
  return 1
}

function readArgs(args: string[], nowMs: number) {
  const { flags } = readFlags(entry, args)
  if (flags.last && (flags.follow || flags.since !== undefined || flags.n !== undefined))
    throw usage('--last is about one run: only --json goes with it')
  return {
    json: flags.json === true,
    last: flags.last === true,
    follow: flags.follow === true,
    sinceMs: flags.since === undefined ? Number.NEGATIVE_INFINITY : readSince(flags.since, nowMs),
    count: flags.n === undefined ? Number.POSITIVE_INFINITY : readCount(flags.n),
  }
}

function readSince(text: string, nowMs: number): number {
  const duration = durationMs(text)
  if (duration !== null) return nowMs - duration
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(date)) throw usage(`--since takes 2d or a date, not ${clean(text, 40)}`)
  return date
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage(`-n takes a number, not ${clean(text, 40)}`)
  return Number(text)
}

function usage(message: string): AuthError {
  return new AuthError('usage', `log: ${message}`, { hint: 'claude-auth log --help' })
}

const everyMs = 300

/**
 * Gives lines that come after `known` to `show`, until Ctrl-C, until the reader is gone, or `until`. The journal is told apart
 * by its lines, so that its rotation is no gap and no repetition.
 */
export async function follow(
  path: string,
  known: readonly JournalLine[],
  show: (lines: JournalLine[]) => void,
  until: Promise<unknown> = interrupted(),
): Promise<void> {
  let over = false
  const ended = until.then(() => {
    over = true
  })
  let last = known.at(-1)
  let version = ''
  while (!over) {
    const now = versionOf(path)
    if (now !== version) {
      version = now
      const { lines } = readJournal(path)
      const at = last ? lines.findLastIndex(({ text }) => text === last?.text) : -1
      const fresh = lines.slice(at + 1)
      if (fresh.length > 0) show(fresh)
      last = lines.at(-1) ?? last
    }
    await Promise.race([sleep(everyMs), ended])
  }
}

function versionOf(path: string): string {
  const about = statSync(path, { throwIfNoEntry: false })
  return about ? `${about.ino} ${about.size}` : ''
}

function interrupted(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve())
    // The reader is gone (`| head`).
    process.stdout.once('error', () => resolve())
  })
}
