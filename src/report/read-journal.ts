// Reading the journal back: the rotated file and the present one, whatever a crash left in them.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { systemCode } from '../host/error.js'
import { type JournalEntry, olderJournal } from './journal.js'

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
      const code = systemCode(error)
      if (code === null) throw error
      if (code !== 'ENOENT') journal.unreadable = code
    }
  }
  return journal
}

function readText(file: string): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw Object.assign(new Error('not a plain file'), { code: 'EINVAL' })
    const bytes = Buffer.alloc(Math.min(stats.size, longestRead))
    let length = 0
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, length)
      if (count === 0) break
      length += count
    }
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(descriptor)
  }
}

function readLine(text: string): JournalLine[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  if (typeof value !== 'object' || value === null) return []
  const fields = value as Record<string, unknown>
  const needed = ['at', 'host', 'actor', 'did', 'because'].map(name => fields[name])
  const optional = ['before', 'after', 'detail'].map(name => fields[name] ?? '')
  if (![...needed, ...optional].every(field => typeof field === 'string')) return []
  const atMs = Date.parse(String(fields['at']))
  return Number.isNaN(atMs) ? [] : [{ text, atMs, entry: value as JournalEntry }]
}
