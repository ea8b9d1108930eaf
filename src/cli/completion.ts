// `claude-auth completion SHELL`: the script by which a shell completes the commands, made from the command table.

import type { CompletedCommand } from '../install/shells/shell.js'
import { completingShells } from '../install/shells/table.js'
import type { Env } from '../system/paths.js'
import { operandsOf, readFlags, shownFlags, typedFlag } from './command.js'
import { commandTable, completionEntry } from './commands.js'

/** Prints the script for a shell. */
export async function completion(argv: string[], _env: Env): Promise<number> {
  const [shell = ''] = readFlags(completionEntry, argv).operands
  process.stdout.write(completionFor(shell))
  return 0
}

/** The script that a shell reads at its start. */
export function completionFor(name: string): string {
  const shell = completingShells.find(each => each.name === name)
  const lines = shell?.completion.lines(completedCommands()) ?? []
  return `# ${name} completion of claude-auth, made by: claude-auth completion ${name}\n${lines.join('\n')}\n`
}

/** The files of `completions/` in the package: name → text. */
export function shippedCompletions(): Record<string, string> {
  return Object.fromEntries(
    completingShells.map(({ name, completion: { shipped, shippedText } }) => {
      const printed = completionFor(name)
      return [shipped, shippedText?.(printed) ?? printed]
    }),
  )
}

function completedCommands(): CompletedCommand[] {
  return commandTable.map(({ name, summary, about, ...entry }) => ({
    name,
    summary,
    about,
    operands: operandsOf(entry).map(({ name, choices = [], completes = null }) => ({
      name,
      choices,
      completes,
    })),
    flags: shownFlags(entry).map(([flag, { says, value, short = null, completes = null }]) => ({
      name: flag,
      typed: typedFlag(flag),
      says,
      value: value ?? null,
      completes,
      short,
    })),
  }))
}
