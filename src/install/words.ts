// What `install` and `uninstall` were asked to do, what they show and ask before they do it, and their words at the end.

import { createTwoFilesPatch } from 'diff'
import type { ClientSettings } from '../login/client-settings.js'
import { olderWords } from '../login/settings-faults.js'
import type { EndedAsUser } from '../system/as-user.js'
import { askYes } from '../system/ask.js'
import { quoted } from '../system/trouble.js'
import { clean, cleanLine } from '../text/clean.js'
import type { Prepared } from './execute.js'
import type { PathState } from './inspect.js'
import type { Change } from './reconcile.js'
import type { PackageKind, Scope } from './way-back.js'

export interface SharedFlags {
  system: boolean
  yes: boolean
  dryRun: boolean
  json: boolean
  /** Another root, such as an image's; empty for this machine. */
  root: string
  packageKind: PackageKind
}

export interface InstallFlags extends SharedFlags {
  custody: 'sole' | 'shared' | null
  /** Null: as before; `none` takes it away. */
  base: string | null
  config: string | null
  /** `changes`, or a file; null: as before; `none` takes it away. */
  instructions: string | null
}

export interface UninstallFlags extends SharedFlags {
  leaveLogins: boolean
  asUser: 'hand-back' | 'leftovers' | null
}

/** Shows the plan where that is wanted. True when it is to be carried out. */
export async function isConfirmed(prepared: Prepared, flags: SharedFlags): Promise<boolean> {
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

/** Notes go to stderr, so that a program can read stdout. */
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
    // For a person to put into files that can't be changed.
    unmade: prepared.unmade.map(({ path, make }) => ({
      path,
      text: make.kind === 'part' ? make.whenAbsent : null,
    })),
  }
}

/** Unified diffs of texts, and one line for each link, folder, mode, program or group. */
function diffLines(changes: Change[]): string[] {
  return changes.flatMap(change => {
    const { path, make, before, after } = change
    if (make.kind === 'group') return [`${after.kind === 'absent' ? '-' : '+'} group ${make.name}`]
    if (make.kind === 'program')
      return after.kind === 'absent'
        ? [`- program ${path}`]
        : [`+ program ${path} (from ${make.from})`]
    if (before.kind === 'folder' && after.kind === 'folder')
      return [modeLine(path, before.mode, after.mode)]
    if (make.kind === 'mode' && 'mode' in before && 'mode' in after)
      return [modeLine(path, before.mode, after.mode)]
    if (isText(before) && isText(after)) return textDiff(path, before, after)
    const line = (sign: string, state: PathState) =>
      state.kind === 'absent' ? [] : [`${sign} ${words(path, state)}`]
    return [...line('-', before), ...line('+', after)]
  })
}

function modeLine(path: string, before: number, after: number): string {
  return `~ ${path} mode ${octal(before)} -> ${octal(after)}`
}

function isText(state: PathState): state is PathState & { kind: 'absent' | 'file' } {
  return state.kind === 'absent' || state.kind === 'file'
}

function words(path: string, state: PathState): string {
  if (state.kind === 'link') return `${path} -> ${state.target}`
  if (state.kind === 'folder') return `${path}/ (mode ${octal(state.mode)})`
  return path
}

function textDiff(path: string, before: PathState, after: PathState): string[] {
  const text = (state: PathState) => (state.kind === 'file' ? state.text : '')
  const name = (state: PathState) => (state.kind === 'file' ? path : '/dev/null')
  if (text(before) === text(after) && 'mode' in before && 'mode' in after)
    return [modeLine(path, before.mode, after.mode)]
  return createTwoFilesPatch(name(before), name(after), text(before), text(after), '', '', {
    context: 2,
  })
    .split('\n')
    .filter(line => line !== '' && !/^(?:=====|Index: )/.test(line))
    .map(line => withoutSecrets(line.replace(/\t$/, '')))
}

/** Hides the value of a member whose name suggests a secret, and every token. */
function withoutSecrets(line: string): string {
  return line
    .replace(/("[^"]*(?:key|token|secret|password|credential)s?"\s*:\s*")[^"]*"/gi, '$1…"')
    .replace(/sk-ant-[\w-]+/g, 'sk-ant-…')
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

/** The facts behind the last lines. */
export interface InstallEnd {
  scope: Scope
  changed: number
  /** Nothing was installed before. */
  isFirst: boolean
  /** What a person has to type next; null: nothing is left to do; undefined: what follows says it. */
  next: string | null | undefined
  /** The command that takes it back. */
  undo: string
}

/**
 * The last lines of an installation: what changed, what to reopen, what to type next, how to undo. Where
 * nothing changed, nothing is to be opened or undone.
 */
export function installedLines({ scope, changed, isFirst, next, undo }: InstallEnd): string[] {
  const forAll = scope === 'system'
  const what = forAll
    ? 'the program, PATH, hooks and timer of all users'
    : 'the wrapper, hooks and timer'
  const nextLine = next === undefined ? [] : [`Next: ${next ?? 'nothing; start claude as always.'}`]
  if (changed === 0) return ['Changed: nothing; everything was in place.', ...nextLine]
  if (!isFirst) return [`Changed: ${places(changed)}.`, ...nextLine, `Undo: ${undo}`]
  return [
    `Changed: ${places(changed)} (${what}).`,
    forAll
      ? 'Reopen: shells and desktop sessions; running sessions of Claude continue and use the hooks.'
      : 'Reopen: your shells; running sessions of Claude continue and use the hooks.',
    ...nextLine,
    `Undo: ${undo}`,
  ]
}

/** The same for a removal; `undo` installs again. */
export function uninstalledLines({
  changed,
  undo,
}: Pick<InstallEnd, 'changed' | 'undo'>): string[] {
  if (changed === 0) return ['Changed: nothing; it was not installed.']
  return [
    `Changed: ${places(changed)}, back to what was there before.`,
    'Reopen: open shells; they may still look for the wrapper.',
    'Next: nothing; claude works as before, with its own login.',
    `Undo: ${undo}`,
  ]
}

/** One line on each change, for the question before it. */
function changeLines(changes: Pick<Change, 'path' | 'before' | 'after'>[]): string[] {
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

const goOnQuestion = 'Go on? [Y/n] '

function deed(before: string, after: string): string {
  if (before === 'absent') return 'make  '
  return after === 'absent' ? 'remove' : 'change'
}

function places(count: number): string {
  return count === 1 ? '1 place' : `${count} places`
}

/** Lines that root sees of one program that was run as a user. */
const mostLinesAsUser = 2

/** Why a step in a user's home failed. Hints are left out: root might type what a user's program printed. */
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
      return ['it did not end, and was stopped']
    case 'too-loud':
      return ['it wrote too much, and was stopped']
    case 'not-started':
      return [`it could not be started (${clean(end.why, 40)})`]
    default:
      return end.said === '' ? [`it failed (${end.code ?? 'ended by a signal'})`] : []
  }
}
