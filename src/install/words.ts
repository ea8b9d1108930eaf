// The words of the commands `install` and `uninstall`: what changes, and the lines at the end.

import type { ClientSettings } from '../login/client-settings.js'
import { olderWords } from '../login/settings-faults.js'
import type { EndedAsUser } from '../system/as-user.js'
import { quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import type { Change } from './reconcile.js'

export type Scope = 'user' | 'system'

/** What the last lines are made of. */
export interface InstallEnd {
  scope: Scope
  changed: number
  /** What a person has to type next, or null when nothing is left to do. */
  next: string | null
  /** Another root, such as an image's; empty for this machine. */
  root?: string
}

/**
 * The last lines of an installation: what changed, what to reopen, what to type next, how to undo. Where
 * nothing changed, nothing is to be opened or undone.
 */
export function installedLines({ scope, changed, next, root = '' }: InstallEnd): string[] {
  const forAll = scope === 'system'
  const what = forAll
    ? 'the program, PATH, hooks and timer of all users'
    : 'the wrapper, hooks and timer'
  const nextLine = `Next: ${next ?? 'nothing; start claude as always.'}`
  if (changed === 0) return ['Changed: nothing; all was in place.', nextLine]
  return [
    `Changed: ${places(changed)} (${what}).`,
    forAll
      ? 'Reopen: shells and desktop sessions; running sessions of Claude go on and take up the hooks.'
      : 'Reopen: your shells; running sessions of Claude go on and take up the hooks.',
    nextLine,
    `Undo: ${forAll ? forSystem('uninstall', root) : 'claude-auth uninstall'}`,
  ]
}

/** The same for the way back. */
export function uninstalledLines({
  scope,
  changed,
  root = '',
}: Omit<InstallEnd, 'next'>): string[] {
  const forAll = scope === 'system'
  if (changed === 0) return ['Changed: nothing; it was not installed.']
  return [
    `Changed: ${places(changed)}, back to what was there before.`,
    'Reopen: shells that were opened before; they may still look for the wrapper.',
    'Next: nothing; claude works as it did, with its own login.',
    `Undo: ${forAll ? forSystem('install', root) : 'claude-auth install'}`,
  ]
}

/** Any user may install into another root that they own. */
function forSystem(command: 'install' | 'uninstall', root: string): string {
  const words = `claude-auth ${command} --system`
  return root === '' ? `sudo ${words}` : `${words} --root ${quoted(root)}`
}

/** One line on each change, for the question before it. */
export function changeLines(changes: Pick<Change, 'path' | 'before' | 'after'>[]): string[] {
  return changes.map(({ path, before, after }) => `  ${deed(before.kind, after.kind)} ${path}`)
}

/** One line on each settings file, or entry of one, that the client does not read. */
export function skippedSettingsLines({
  notes,
  skipped,
}: Pick<ClientSettings, 'notes' | 'skipped'>): string[] {
  return [
    ...notes.map(({ file, why }) =>
      skippedLine(file, `${why}: the client reads nothing of it, hooks included`, ''),
    ),
    ...skipped.map(({ file, line, why, older }) =>
      skippedLine(
        file,
        `${why} (line ${line}): the client skips it${olderWords(older)}`,
        `+${line} `,
      ),
    ),
  ]
}

function skippedLine(file: string, what: string, at: string): string {
  return `${clean(file, 200)} ${clean(what, 200)}; type: vi ${at}${quoted(file)}`
}

export const goOnQuestion = 'Go on? [Y/n] '

function deed(before: string, after: string): string {
  if (before === 'absent') return 'make  '
  return after === 'absent' ? 'remove' : 'change'
}

function places(count: number): string {
  return count === 1 ? '1 place' : `${count} places`
}

/** What root sees of one program that was run as a user. */
const mostLinesAsUser = 2

/** Why a step in a user's home was not done; no hint of theirs is handed on, which root might type. */
export function asUserLines(name: string, end: EndedAsUser): string[] {
  const user = clean(name, 60)
  return [...wordsOf(end), ...endWords(end)]
    .slice(0, mostLinesAsUser)
    .map(line => `${user}: ${line}`)
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
