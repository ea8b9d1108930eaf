// What stands between a plan and its changes: the dry run, and the question at a terminal.

import { askYes } from '../system/ask.js'
import { cleanLine } from '../text/clean.js'
import { diffLines } from './diff.js'
import type { Prepared } from './execute.js'
import type { SharedFlags } from './wishes.js'
import { changeLines, goOnQuestion } from './words.js'

/** Shows the plan where that is wanted. True when it is to be carried out. */
export async function isWanted(prepared: Prepared, flags: SharedFlags): Promise<boolean> {
  if (flags.dryRun) {
    if (!flags.json) print(diffLines(prepared.changes))
    return false
  }
  if (flags.yes || flags.json || !process.stdin.isTTY || !process.stderr.isTTY) return true
  if (prepared.changes.length === 0) return true
  process.stderr.write(`${changeLines(prepared.changes).map(cleanLine).join('\n')}\n`)
  return askYes(goOnQuestion)
}

export function print(lines: string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.map(cleanLine).join('\n')}\n`)
}

/** Notes go where they don't disturb a program that reads. */
export function say(lines: string[]): void {
  for (const line of lines) process.stderr.write(`claude-auth: ${cleanLine(line)}\n`)
}

/** The object of `--json`: what was or would be changed. */
export function changesObject(prepared: Prepared, flags: SharedFlags, notes: string[]) {
  return {
    schemaVersion: 1,
    scope: flags.system ? 'system' : 'user',
    dryRun: flags.dryRun,
    changed: prepared.changes.length > 0,
    changes: prepared.changes.map(({ path, before, after }) => ({
      path,
      do: before.kind === 'absent' ? 'make' : after.kind === 'absent' ? 'remove' : 'change',
    })),
    notes,
    // What a person has to put into files that can't be changed.
    unmade: prepared.unmade.map(({ path, make }) => ({
      path,
      text: make.kind === 'part' ? make.whenAbsent : null,
    })),
  }
}
