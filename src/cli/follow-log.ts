// `claude-auth log --follow`: shows new lines of the journal as they come.

import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JournalLine, readJournal } from '../login/journal.js'

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
