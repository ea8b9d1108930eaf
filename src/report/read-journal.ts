// Reading the journal back: the rotated file and the present one, whatever a crash left in them.

import { closeSync, constants } from 'node:fs'
import { AuthError, systemCode } from '../host/error.js'
import { jsonObject } from '../host/json.js'
import { openRegular, startOf } from '../host/open-file.js'
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

function readLine(text: string): JournalLine[] {
  const fields = jsonObject(text)
  if (fields === null) return []
  const needed = ['at', 'host', 'actor', 'did', 'because'].map(name => fields[name])
  const optional = ['before', 'after', 'detail'].map(name => fields[name] ?? '')
  if (![...needed, ...optional].every(field => typeof field === 'string')) return []
  const atMs = Date.parse(String(fields['at']))
  return Number.isNaN(atMs) ? [] : [{ text, atMs, entry: fields as unknown as JournalEntry }]
}
