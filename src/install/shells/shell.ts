// What install, doctor and completions know of a shell. Each shell is one file beside this one and one line of table.ts.

import { join } from 'node:path'
import { canRun } from '../../system/access.js'
import type { Env } from '../../system/paths.js'
import { isOnTrustedWay } from '../../system/trusted-path.js'
import type { Desired } from '../desired-state.js'

/** `login`: as over SSH. `interactive`: as a new window of this session. */
export type Manner = 'login' | 'interactive'

export interface Shell {
  /** In the ids of checks, in words, and as the operand of `claude-auth completion`. */
  name: string
  /** The file name of its program. */
  program: string

  /** Where its start-up files are, as `env` has it; absolute. */
  folder(home: string, env: Env): string
  /** The last of this user's files that it reads: what stands at its end holds. Null: it reads none. */
  lastFile(manner: Manner, folder: string): string | null
  /** Files below `folder` in which people define aliases and functions, the likeliest first. */
  definitions: readonly string[]
  /** Does this line of such a file define an alias or function named claude? */
  definesClaude(line: string): boolean
  /** A user with one of these files uses this shell; null: every user does. */
  traces: { inFolder: readonly string[]; inData: readonly string[] } | null

  /** The arguments by which it says what `claude` is, in the form that `part` makes. */
  ask(manner: Manner): string[]
  /** Variables that keep a mere question from writing into the home; `scratch` is a folder for it. */
  quietEnv?(scratch: string, isUsed: boolean): Record<string, string>

  /** The line that puts `folder` first on PATH; it names the home by variable. */
  pathLine(folder: string, home: string): string
  /** The line that takes an alias or function named claude away. */
  undoLine(kind: 'alias' | 'function'): string
  /** A command that puts `line` at the end of `files`, also of one whose last line is not ended; for sh and for this shell. */
  append(line: string, files: string[]): string
  /** What to type after an installation, in a shell that does not find the wrapper in `folder`. */
  advice(folder: string): string

  /** What puts `folder` on the PATH of all users; `has` says whether a path is there. */
  machineFiles(folder: string, has: (path: string) => boolean): Desired[]
  /** What puts `folder` on the PATH of one person; only of a shell that takes nothing over from their login. */
  personFiles?(folder: string, person: { home: string; env: Env; isHere: boolean }): Desired[]

  /** Null: it completes nothing. */
  completion: Completion | null
}

export interface Completion {
  /** Its name in `completions/` of the package. */
  shipped: string
  /** Where it is found, below a folder such as /usr/local/share. */
  inShare: string
  /** False: the shell looks into no folder of one person. */
  isForPerson: boolean
  /** How a person has it read, for the help. */
  note: string
  /** The lines that complete `commands`. */
  lines(commands: readonly CompletedCommand[]): string[]
  /** The text of the shipped file, where it is more than what `claude-auth completion` prints. */
  shippedText?(printed: string): string
}

/** What can be typed after `claude-auth`. */
export interface CompletedCommand {
  name: string
  summary: string
  about: string
  operands: readonly CompletedOperand[]
  flags: readonly CompletedFlag[]
}

/** A word beside the flags; `choices` is empty where any word can stand. */
export interface CompletedOperand {
  name: string
  choices: readonly string[]
  completes: Completes
}

/** What the shell offers of its own; null: nothing. */
export type Completes = 'file' | 'user' | null

export interface CompletedFlag {
  /** Without dashes; one letter is a short flag. */
  name: string
  /** As typed: `--since`, `-n`. */
  typed: string
  says: string
  /** The name of its value; null: it takes none. */
  value: string | null
  /** What its value is. */
  completes: Completes
  /** Another form of one letter; null: none. */
  short: string | null
}

/** All that can be typed after a command: the words of its operands and its flags. */
export function wordsAfter({ operands, flags }: CompletedCommand): string[] {
  return [
    ...operands.flatMap(({ choices }) => choices),
    ...flags.map(({ typed }) => typed),
    '--help',
  ]
}

export const mark = '\n--claude-auth-'

/** What an answer tells; `end` shows that it is whole. */
export type AnswerPart = 'is' | 'text' | 'below' | 'folder' | 'end'

/** What stands before a part, with the newline written as `\n`. */
export function markOf(part: AnswerPart): string {
  return `${mark.replace('\n', '\\n')}${part}--`
}

/** A part of the file at `path`: `lines`, marked as ours. `yields` as of a link. */
export function marked(path: string, lines: string, yields?: string): Desired {
  return {
    path,
    make: {
      kind: 'part',
      part: { in: 'lines', lines },
      whenAbsent: `# >>> claude-auth >>>\n${lines}# <<< claude-auth <<<\n`,
      mode: 0o644,
      ...(yields === undefined ? {} : { yields }),
    },
  }
}

/** In a folder of the system, else the first on PATH that others cannot write; null: nowhere. */
export function programOf({ program }: Shell, env: Env): string | null {
  const ofSystem = ['/bin', '/usr/bin', '/usr/local/bin'].map(folder => join(folder, program))
  const found = ofSystem.find(canRun)
  if (found !== undefined) return found
  const uid = process.geteuid?.() ?? -1
  const onPath = (env['PATH'] ?? '')
    .split(':')
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
  return onPath.find(path => canRun(path) && isOnTrustedWay(path, uid)) ?? null
}
