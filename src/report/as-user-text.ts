// What root is told of a program that was run as a user: cleaned, since the user has the last word on it.

import { join } from 'node:path'
import type { Account, EndedAsUser } from '../host/as-user.js'
import { quoted } from '../host/quoted.js'
import { clean } from './clean.js'

const mostLines = 2

/** Why a step in a user's home was not done; no hint of theirs is handed on, which root might type. */
export function asUserLines(name: string, end: EndedAsUser): string[] {
  const user = clean(name, 60)
  return [...wordsOf(end), ...endWords(end)].slice(0, mostLines).map(line => `${user}: ${line}`)
}

function wordsOf(end: EndedAsUser): string[] {
  if (end.kind !== 'ended') return []
  const lines = end.said.split('\n').map(line => clean(line.replace(/^claude-auth: /, '')))
  return lines.filter(line => line !== '' && !/^hint:/i.test(line))
}

function endWords(end: EndedAsUser): string[] {
  switch (end.kind) {
    case 'late':
      return ['it did not come to an end, and was stopped']
    case 'too-loud':
      return ['it wrote more than anybody reads, and was stopped']
    case 'not-started':
      return [`it could not be started (${clean(end.why, 40)})`]
    default:
      return end.said === '' ? [`it failed (${end.code ?? 'ended by a signal'})`] : []
  }
}

/** What stays of the users whose login could not be handed back, and the command that does it later. */
export function leftLines(left: Account[], program: string): string[] {
  const command = quoted(join(program, 'current/bin/claude-auth'))
  return [
    ...left.map(
      ({ name, home }) =>
        `not handed back: the login of ${clean(name, 60)}; it stays sealed in ${clean(join(home, '.local/share/claude-auth'), 200)}, readable by its owner`,
    ),
    `for ${left.length === 1 ? 'it' : 'them'} the program stays in ${program}; it hands back, and goes, by:`,
    `hint: sudo ${command} uninstall --system   (or as the user: ${command} uninstall)`,
  ]
}
