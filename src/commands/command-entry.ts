// What the command table says of one command: enough for its help, completion, manual page and parser.

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
  choices: readonly string[]
}

export interface CommandEntry {
  name: string
  /** Typed every now and then, or used by other programs. */
  group: 'daily' | 'plumbing'
  /** Half a sentence for the overview. */
  summary: string
  /** One or two sentences. */
  about: string
  operand?: Operand
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

/** `claude-auth log [--json] [-n N]`. */
export function usageOf(entry: CommandEntry): string {
  const flags = shownFlags(entry).map(([name, { value }]) =>
    value === undefined ? `[${typedFlag(name)}]` : `[${typedFlag(name)} ${value}]`,
  )
  const operand = entry.operand ? [entry.operand.name] : []
  return ['claude-auth', entry.name, ...operand, ...flags].join(' ')
}
