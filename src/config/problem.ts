// One error in a config file and its report: file, line, key path and what was expected.

import { AuthError, quoted } from '../system/trouble.js'

/** The way to a value, key by key. */
export type Path = readonly (string | number)[]

export interface Problem {
  file: string
  /** From 1; null where no place is known. */
  line: number | null
  column: number | null
  /** `renewal.at`; empty for the file as a whole. */
  key: string
  /** `expected a percentage such as 50%, got "half"`. Never a value that could be a secret. */
  what: string
}

/** A setting that does not fit this user or this machine. */
export interface Misfit {
  /** `vault.path`; of the roster as a whole `roster`. */
  key: string
  /** File, line, key and the rule that failed. */
  what: string
  /** The command to type. */
  hint: string
}

/** `/etc/claude-auth/config.yaml:3:7: renewal.at: expected …` */
export function problemLine(problem: Problem): string {
  const place =
    problem.line === null ? [problem.file] : [problem.file, problem.line, problem.column]
  return [place.join(':'), problem.key, problem.what].filter(part => part !== '').join(': ')
}

/** `a.b[0].c` of `['a', 'b', 0, 'c']`; a key is cut where a pasted secret could begin to show. */
export function keyPath(path: Path): string {
  return path
    .map(key => (typeof key === 'number' ? `[${key}]` : `.${key.slice(0, 40)}`))
    .join('')
    .replace(/^\./, '')
}

/**
 * `expected X, got Y`. A text is shown only if it is short and plain and its key names no file: a
 * token pasted into the wrong place must not reach a terminal or a log.
 */
export function expectedGot(expected: string, input: unknown, key: string): string {
  const shown = show(input, key)
  return shown ? `expected ${expected}, got ${shown}` : `expected ${expected}`
}

/** One error for all problems: the first, and how many more; all of them as lines in its cause. */
export function invalidConfig(problems: readonly Problem[]): AuthError {
  const lines = problems.map(problemLine)
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''
  return new AuthError('config-invalid', `${lines[0]}${more}`, {
    cause: { problems: lines },
    ...(problems[0] ? { hint: editorAt(problems[0]) } : {}),
  })
}

/** A problem that turns off no more than what it is about. */
export function asMisfit(problem: Problem): Misfit {
  return { key: problem.key, what: problemLine(problem), hint: editorAt(problem) }
}

/** What opens the file at the problem: every Debian has `vi`, and every `vi` this option. The machine's is root's. */
function editorAt({ file, line }: Problem): string {
  const editor = file.startsWith('/etc/') ? 'sudo vi' : 'vi'
  return `${editor} ${line === null ? '' : `+${line} `}${quoted(file)}`
}

function show(input: unknown, key: string): string | null {
  if (input === undefined) return null
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'a map'
  if (typeof input !== 'string') return String(input)
  if (input === '') return 'an empty text'
  return /^[\w.%-]{1,16}$/.test(input) && !/file$|command/i.test(key) ? JSON.stringify(input) : null
}
