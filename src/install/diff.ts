// What a dry run shows: each change as a diff, without the secrets that a file of settings may hold.

import { createTwoFilesPatch } from 'diff'
import type { Seen } from './inspect.js'
import type { Change } from './reconcile.js'

/** Unified diffs of texts, and one line for each link, folder, mode, program or group. */
export function diffLines(changes: Change[]): string[] {
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
    const line = (sign: string, seen: Seen) =>
      seen.kind === 'absent' ? [] : [`${sign} ${words(path, seen)}`]
    return [...line('-', before), ...line('+', after)]
  })
}

function modeLine(path: string, before: number, after: number): string {
  return `~ ${path} mode ${octal(before)} -> ${octal(after)}`
}

function isText(seen: Seen): seen is Seen & { kind: 'absent' | 'file' } {
  return seen.kind === 'absent' || seen.kind === 'file'
}

function words(path: string, seen: Seen): string {
  if (seen.kind === 'link') return `${path} -> ${seen.target}`
  if (seen.kind === 'folder') return `${path}/ (mode ${octal(seen.mode)})`
  return path
}

function textDiff(path: string, before: Seen, after: Seen): string[] {
  const text = (seen: Seen) => (seen.kind === 'file' ? seen.text : '')
  const name = (seen: Seen) => (seen.kind === 'file' ? path : '/dev/null')
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
