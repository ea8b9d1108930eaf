// How a shell's answer about `claude` is read, and where in its start-up files an alias or function of that name is defined.

import { join } from 'node:path'
import { type AnswerPart, mark, type Shell } from '../install/shells/shell.js'
import { textAt } from '../system/open-file.js'

/** What `claude` is in a shell, before any path is looked at. */
export interface ShellAnswer {
  kind: 'program' | 'alias' | 'function' | 'none'
  /** Of a program its path, of an alias its command, of a function its text where the shell tells it. */
  text: string
  /** The program found where neither alias nor function goes before it; empty for none. */
  below: string
  /** Where the shell has its start-up files, if it says so. */
  folder: string
}

/** Null where the shell came to no end. What start-up files print before is passed over. */
export function readAnswer(stdout: string): ShellAnswer | null {
  const [, ...parts] = `\n${stdout}`.split(mark)
  const said: Partial<Record<AnswerPart, string>> = Object.fromEntries(
    parts.map(part => {
      const at = part.indexOf('--')
      return [part.slice(0, at), part.slice(at + 2).trim()]
    }),
  )
  if (said.end === undefined) return null
  const { is = '', text = '', below = '', folder = '' } = said
  const more = { below, folder }
  if (is === '') return { kind: 'none', text: '', ...more }
  if (is.startsWith('/')) return { kind: 'program', text: is, ...more }
  const alias = /^alias (?:-- )?claude=([\s\S]*)$/.exec(is)?.[1]
  if (alias === undefined) return { kind: 'function', text, ...more }
  return { kind: 'alias', text: unquoted(alias), ...more }
}

/**
 * The program that an alias or function ends in, as far as can be told: `claude` itself with more arguments is
 * the one below, a path in the home or from the root is that. Null: whatever it does, it is something else.
 */
export function endOf({ kind, text, below }: ShellAnswer, home: string): string | null {
  if (kind === 'function') return /\bcommand\s+claude\b/.test(text) ? below : null
  const words = text.split(/\s+/).filter(word => word !== 'command' && !/^\w+=/.test(word))
  const [first = ''] = words
  if (first === 'claude') return below
  const path = first.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
  return path.startsWith('/') ? path : null
}

/** As all these shells quote an alias: in single quotes, or not at all where it is one plain word. */
function unquoted(text: string): string {
  const whole = /^'([\s\S]*)'$/.exec(text)?.[1] ?? text
  return whole.replaceAll("'\\''", "'").trim()
}

/** More than anybody writes by hand. */
const maxBytes = 1024 * 1024

/** Where an alias or function named claude is defined, by file and line from 1; null where that is none of the usual files. */
export function definedAt(
  { definitions, definesClaude }: Shell,
  folder: string,
): { file: string; line: number } | null {
  for (const file of definitions.map(each => join(folder, each))) {
    const lines = (textAt(file, { maxBytes }) ?? '').split('\n')
    const line = lines.findLastIndex(definesClaude) + 1
    if (line > 0) return { file, line }
  }
  return null
}
