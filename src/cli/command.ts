// What the command table says of one command: enough for its help, completion, manual page and parser.

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { AuthError } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { nearestKey } from '../text/nearest.js'

/** A flag of a command; the key in the table is its long name. */
export interface Flag {
  /** What it does, as a phrase without full stop. */
  says: string
  /** The value's name in the help (`15m`, `N`); a flag without one is a switch. */
  value?: string
  /** One letter, for `-n`. */
  short?: string
  /** What the value can be, where it is one of a few words. */
  choices?: readonly string[]
  /** `file`: the shell offers the names of files. */
  completes?: 'file'
  /** For the wrapper, hooks and timer; not shown to people. */
  hidden?: true
}

/** A word that a command takes beside its flags. */
export interface Operand {
  /** Its name in the help (`SHELL`). */
  name: string
  /** The words it can be; without them any word. */
  choices?: readonly string[]
  isOptional?: true
  /** What the shell offers where any word can stand. */
  completes?: 'file' | 'user'
}

/** The groups of the overview, in its order. */
export const groups = ['daily', 'admin', 'plumbing'] as const

export type Group = (typeof groups)[number]

export interface CommandEntry {
  name: string
  /** Typed by everyone, by who looks after a site, or by other programs. */
  group: Group
  /** Half a sentence for the overview. */
  summary: string
  /** One or two sentences. */
  about: string
  /** In their order; no optional one stands before a required one. */
  operands?: readonly Operand[]
  flags: Readonly<Record<string, Flag>>
  /** Sentences after the flags. */
  notes: readonly string[]
  /** Command lines that work as they stand; the first is the help's example. */
  examples: readonly [string, ...string[]]
}

/** The flags that people may type. */
export function shownFlags({ flags }: Pick<CommandEntry, 'flags'>): [string, Flag][] {
  return Object.entries(flags).filter(([, flag]) => flag.hidden !== true)
}

/** As it is typed: `--since`, or `-n` where the long name is one letter. */
export function typedFlag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

/** The words that the command takes beside its flags. */
export function operandsOf({ operands = [] }: Pick<CommandEntry, 'operands'>): readonly Operand[] {
  return operands
}

/** `claude-auth log [--json] [-n N]`. */
export function usageOf(entry: CommandEntry): string {
  const flags = shownFlags(entry).map(([name, { value }]) =>
    value === undefined ? `[${typedFlag(name)}]` : `[${typedFlag(name)} ${value}]`,
  )
  const operands = operandsOf(entry).map(({ name, isOptional }) =>
    isOptional ? `[${name}]` : name,
  )
  return ['claude-auth', entry.name, ...operands, ...flags].join(' ')
}

/** The values of the flags of an entry: text for a flag with a value, true for a switch. */
export type FlagValues<E extends Pick<CommandEntry, 'flags'>> = {
  [Name in keyof E['flags']]?: E['flags'][Name] extends { value: string } ? string : boolean
}

/** The flags, and the operands that were given, in the entry's order. Throws `usage` for anything unknown or missing. */
export function readFlags<E extends CommandEntry>(
  entry: E,
  argv: readonly string[],
): { flags: FlagValues<E>; operands: string[] } {
  const { tokens } = parsed(entry, argv)
  const values: Record<string, string | boolean> = {}
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(entry.flags, token.name) ? entry.flags[token.name] : undefined
    if (flag === undefined) throw unknownFlag(entry, token.rawName)
    values[token.name] = readValue(entry, flag, token)
  }
  checkOperands(entry, words)
  return { flags: values as FlagValues<E>, operands: words }
}

/** Not strict: the words for what is wrong are ours, and say what was most likely meant. */
function parsed({ flags }: CommandEntry, argv: readonly string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { value, short }] of Object.entries(flags)) {
    const letter = short ?? (name.length === 1 ? name : undefined)
    options[name] = {
      type: value === undefined ? 'boolean' : 'string',
      ...(letter === undefined ? {} : { short: letter }),
    }
  }
  return parseArgs({ args: [...argv], options, strict: false, tokens: true })
}

function readValue(
  entry: CommandEntry,
  flag: Flag,
  { rawName, value }: { rawName: string; value?: string | undefined },
): string | boolean {
  if (flag.value === undefined) {
    if (value !== undefined) throw usage(entry, `${rawName} takes no value`)
    return true
  }
  // `--since --json`: the value was forgotten.
  if (value === undefined || /^--?[a-z]/.test(value))
    throw usage(entry, `${rawName} takes a value: ${rawName} ${flag.value}`)
  if (flag.choices && !flag.choices.includes(value))
    throw usage(entry, `${rawName} takes ${flag.choices.join(', ')}${not(value)}`)
  return value
}

function checkOperands(entry: CommandEntry, words: readonly string[]): void {
  const operands = operandsOf(entry)
  const extra = words[operands.length]
  if (extra !== undefined)
    throw usage(entry, `unexpected argument: ${wordShown(extra, 'that word')}`)
  for (const [at, { name, choices, isOptional }] of operands.entries()) {
    const word = words[at]
    const isOneOf = choices && `${name} is one of ${choices.join(', ')}`
    if (word === undefined) {
      if (isOptional) return
      throw usage(entry, isOneOf ?? `${name} is missing`)
    }
    if (choices && !choices.includes(word)) throw usage(entry, `${isOneOf}${not(word)}`)
  }
}

/** A word in quotes, or `otherwise`: a long one could be a token that was pasted in the wrong place. */
export function wordShown(word: string, otherwise: string): string {
  return isShowable(word) ? JSON.stringify(clean(word, 20)) : otherwise
}

function not(word: string): string {
  return isShowable(word) ? `, not ${clean(word, 20)}` : ''
}

function isShowable(word: string): boolean {
  return word.length <= 20 && !word.startsWith('sk-')
}

function unknownFlag(entry: CommandEntry, rawName: string): AuthError {
  const near = nearestKey(
    rawName.replace(/^-+/, ''),
    shownFlags(entry).map(([name]) => name),
  )
  const meant = near === null ? '' : `; did you mean ${typedFlag(near)}?`
  return usage(
    entry,
    `there is no flag ${isShowable(rawName) ? clean(rawName, 20) : 'of that name'}${meant}`,
  )
}

function usage({ name }: CommandEntry, message: string): AuthError {
  return new AuthError('usage', `${name}: ${message}`, { hint: `claude-auth ${name} --help` })
}

/** True for `help`, `--version`, no command at all, and for any command with `--help`. */
export function asksForWords([name = '--help', ...rest]: readonly string[]): boolean {
  const isAlone = ['help', '--help', '-h', '--version', '-v'].includes(name)
  return isAlone || rest.includes('--help') || rest.includes('-h')
}
