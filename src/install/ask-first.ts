// What `install` and `uninstall` were asked to do, and what stands between a plan and its changes: the dry run with its diff, the
// question at a terminal.

import { createTwoFilesPatch } from 'diff'
import { askYes } from '../system/ask.js'
import { cleanLine } from '../text/clean.js'
import type { Prepared } from './execute.js'
import type { PathState } from './inspect.js'
import type { Change } from './reconcile.js'
import { changeLines, goOnQuestion } from './words.js'
export interface SharedFlags {
  system: boolean
  yes: boolean
  dryRun: boolean
  json: boolean
  /** Another root, such as an image's; empty for this machine. */
  root: string
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

/** A member whose name speaks of a secret keeps its name only; tokens are cut wherever they stand. */
function withoutSecrets(line: string): string {
  return line
    .replace(/("[^"]*(?:key|token|secret|password|credential)s?"\s*:\s*")[^"]*"/gi, '$1…"')
    .replace(/sk-ant-[\w-]+/g, 'sk-ant-…')
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
