// `claude-auth log`: what changed this login, read from its journal, for people or as JSON lines.

import { parseArgs } from 'node:util'
import { durationMs } from '../host/duration.js'
import { AuthError, systemCode } from '../host/error.js'
import type { Env, LoginPaths } from '../host/paths.js'
import { clean } from '../report/clean.js'
import { journalSentence } from '../report/journal-words.js'
import { type JournalLine, readJournal } from '../report/read-journal.js'
import { linePrefix } from '../report/text.js'

/** What the command needs of the world. `terminal`: stdout is one, so colour is welcome. */
export interface LogIo {
  stdout: (text: string) => void
  stderr: (text: string) => void
  env: Env
  nowMs: number
  paths: Pick<LoginPaths, 'journal'>
  terminal?: boolean
}

const help = `Usage: claude-auth log [--json] [--since 2d|DATE] [-n N]

What changed this login, newest last.

  --since 2d    only the last two days (s, m, h, d), or since a date: 2026-12-01
  -n N          only the newest N lines
  --json        the journal's lines as they are

Example: claude-auth log --since 2d -n 20
`

/** Prints the journal and returns the exit code: 0, or 1 when it is there and can't be read. Throws `usage`. */
export async function log(args: string[], io: LogIo): Promise<number> {
  const wanted = readArgs(args, io.nowMs)
  if (wanted.help) {
    io.stdout(help)
    return 0
  }
  const { lines, unreadable } = readJournal(io.paths.journal)
  const recent = lines.filter(line => line.atMs >= wanted.sinceMs)
  const shown = recent.slice(Math.max(0, recent.length - wanted.count))
  if (wanted.json) for (const line of shown) io.stdout(`${line.text}\n`)
  else await printWords(shown, io)
  if (unreadable === null) return 0
  io.stderr(
    `${linePrefix}the journal ${clean(io.paths.journal, 300)} cannot be read (${unreadable})\n`,
  )
  io.stderr(`${linePrefix}hint: claude-auth ensure\n`)
  return 1
}

async function printWords(lines: JournalLine[], io: LogIo): Promise<void> {
  if (lines.length === 0) {
    io.stdout('Nothing is recorded for this time.\n')
    return
  }
  const faint = await faintInk(io)
  for (const line of lines) {
    const { time, words } = journalSentence(line)
    io.stdout(`${faint(time)}  ${words}\n`)
  }
}

async function faintInk({ env, terminal }: LogIo): Promise<(text: string) => string> {
  if (!terminal || env['NO_COLOR'] || env['TERM'] === 'dumb') return text => text
  const { default: kleur } = await import('kleur')
  kleur.enabled = true
  return text => kleur.dim(text)
}

function readArgs(args: string[], nowMs: number) {
  const { values } = parseFlags(args)
  return {
    help: values.help === true,
    json: values.json === true,
    sinceMs: values.since === undefined ? Number.NEGATIVE_INFINITY : readSince(values.since, nowMs),
    count: values.n === undefined ? Number.POSITIVE_INFINITY : readCount(values.n),
  }
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        since: { type: 'string' },
        n: { type: 'string', short: 'n' },
      },
    })
  } catch (error) {
    // Node's message names the flag; its further sentences speak of `--`.
    const code = systemCode(error)
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error
    const [message = ''] = (error as Error).message.split('. ')
    throw usage(message)
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
