// What the program says of itself: its version, and its help, made from the command table.

import type { Env } from '../system/paths.js'
import { hanging, type Ink, inkFor, plainInk, widthOf, wrapped } from '../text/terminal.js'
import { version } from '../version.js'
import { type CommandEntry, type Group, groups, shownFlags, typedFlag, usageOf } from './command.js'
import { commandNamed, commandTable, unknownCommand } from './commands.js'

/** For a command line that `asksForWords`: the overview where it names no command. Throws `usage` for a wrong name. */
export async function tellWords([name = '--help', ...rest]: string[], env: Env): Promise<number> {
  const { stdout } = process
  if (name === '--version' || name === '-v') {
    stdout.write(`${version}\n`)
    return 0
  }
  const isAlone = name === '--help' || name === '-h' || name === 'help'
  const command = isAlone ? (rest[0] ?? null) : name
  if (command !== null && commandNamed(command) === null) throw unknownCommand(command)
  const page = { width: widthOf(stdout), ink: await inkFor(env, stdout.isTTY === true) }
  stdout.write(helpFor(command, page))
  return 0
}

export interface Page {
  width: number
  ink: Ink
}

/** What the program is for, in one sentence. */
export const purpose = 'Every launch of Claude Code starts with a valid login of your own.'

export const groupTitles: Record<Group, string> = {
  daily: 'Daily',
  admin: 'For the admin of a site',
  plumbing: 'Used by other programs, or once',
}

/** The help of a command; the overview for none or one that does not exist. */
export function helpFor(command: string | null, page: Page = { width: 80, ink: plainInk }): string {
  const entry = command === null ? null : commandNamed(command)
  return `${(entry === null ? overview(page) : commandHelp(entry, page)).join('\n')}\n`
}

function overview({ width, ink }: Page): string[] {
  const shown = groups.flatMap(group => {
    const entries = commandTable.filter(entry => entry.group === group)
    if (entries.length === 0) return []
    const lines = entries.flatMap(({ name, summary }) => hanging(`  ${name}`, summary, 14, width))
    return [ink.bold(groupTitles[group]), ...lines, '']
  })
  return [
    'Usage: claude-auth COMMAND [OPTIONS]',
    '',
    ...wrapped(purpose, width),
    '',
    ...shown,
    ...wrapped('More: claude-auth COMMAND --help. Version: claude-auth --version.', width),
    '',
    'Example: claude-auth status',
  ]
}

function commandHelp(entry: CommandEntry, { width, ink }: Page): string[] {
  const flags = shownFlags(entry)
  const leads = flags.map(([name, { value }]) => `  ${typedFlag(name)}${value ? ` ${value}` : ''}`)
  const indent = Math.min(Math.max(0, ...leads.map(lead => lead.length)) + 2, 22)
  const [first, ...others] = usageLines(entry, width)
  const lines = [
    ink.bold(first ?? ''),
    ...others,
    '',
    ...wrapped(entry.about, width),
    '',
    ...flags.flatMap(([, { says }], at) => hanging(leads[at] ?? '', says, indent, width)),
    ...(flags.length > 0 ? [''] : []),
    ...entry.notes.flatMap(note => wrapped(note, width)),
    ...(entry.notes.length > 0 ? [''] : []),
    ...entry.examples.map((line, at) => `${at === 0 ? 'Example: ' : '         '}${line}`),
  ]
  return lines
}

/** A flag and its value stay on one line. */
function usageLines(entry: CommandEntry, width: number): string[] {
  const lines = hanging(
    'Usage:',
    usageOf(entry).replaceAll(/\[(\S+) (\S+)\]/g, '[$1~$2]'),
    7,
    width,
  )
  return lines.map(line => line.replaceAll('~', ' '))
}
