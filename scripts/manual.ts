// The command reference (docs/commands.md) and the manual page (man/claude-auth.1), made from the command table.

import { type CommandEntry, groups, shownFlags, typedFlag, usageOf } from '../src/cli/command.js'
import { commandTable } from '../src/cli/commands.js'
import { groupTitles, purpose } from '../src/cli/help.js'
import { version } from '../src/version.js'

const files = [
  ['~/.config/claude-auth/config.yaml', 'the configuration of this user; none is needed'],
  ['/etc/claude-auth/config.yaml', 'the configuration of the machine'],
  [
    '~/.claude/.claude-auth/',
    'what is remembered of the login, and the journal; no token in plain text',
  ],
  ['~/.local/share/claude-auth/', 'the sealed local store'],
  ['~/.cache/claude-auth/', 'compiled code, for a quicker start; no data'],
] as const

const environment = [
  ['CLAUDE_AUTH_BYPASS=1', 'the wrapper starts Claude without looking at the login'],
  ['CLAUDE_AUTH_CLIENT', 'the real client, where it should not be searched for'],
  ['CLAUDE_AUTH_CONFIG', "a file in the place of this user's configuration"],
  ['NODE_DISABLE_COMPILE_CACHE=1', 'no compiled code is kept or used'],
  ['NO_COLOR', 'no color'],
] as const

/** Those that have a command. */
function usedGroups() {
  return groups.filter(group => commandTable.some(entry => entry.group === group))
}

/** docs/commands.md. */
export function commandsPage(): string {
  const rows = commandTable.map(
    ({ name, summary }) => [`[\`${name}\`](#${name})`, summary] as const,
  )
  const widths = [0, 1].map(at => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const table = [
    row(['command', 'what it does']),
    `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(row),
  ]
  const head = [
    '<!-- Made from src/cli/commands.ts by: node scripts/command-pages.mjs -->',
    '',
    '# Commands',
    '',
    purpose,
    'Each command has `--help`; the same is in the manual page `claude-auth(1)`.',
    '',
    ...table,
    '',
    'The verdicts and exit codes are the same everywhere: `ok` 0, `broken` 1, usage or configuration 2, `sign-in` 3,',
    '`attention` 4, `no-answer` 5.',
  ]
  const body = usedGroups().flatMap(group => [
    '',
    `## ${groupTitles[group]}`,
    ...commandTable.filter(entry => entry.group === group).flatMap(section),
  ])
  return `${[...head, ...body].join('\n')}\n`
}

function section(entry: CommandEntry): string[] {
  const flags = shownFlags(entry).map(([name, { says, value }]) => {
    const typed = `${typedFlag(name)}${value === undefined ? '' : ` ${value}`}`
    return `- \`${typed}\`: ${says}`
  })
  return [
    '',
    `### ${entry.name}`,
    '',
    `\`${usageOf(entry)}\``,
    '',
    entry.about,
    ...(flags.length > 0 ? ['', ...flags] : []),
    ...entry.notes.flatMap(note => ['', note]),
    '',
    '```sh',
    ...entry.examples,
    '```',
  ]
}

/** man/claude-auth.1, for man(1). */
export function manualPage(): string {
  const tagged = (pairs: readonly (readonly [string, string])[]) =>
    pairs.flatMap(([name, says]) => ['.TP', `.B ${roff(name)}`, roff(`${says}.`)])
  const commands = usedGroups().flatMap(group => [
    `.SH ${groupTitles[group].toUpperCase()}`,
    ...commandTable.filter(entry => entry.group === group).flatMap(manualSection),
  ])
  const lines = [
    '.\\" Made from src/cli/commands.ts by: node scripts/command-pages.mjs',
    `.TH CLAUDE-AUTH 1 "" "claude-auth ${version}" "User Commands"`,
    '.SH NAME',
    'claude-auth \\- a valid login for every launch of Claude Code',
    '.SH SYNOPSIS',
    '.B claude-auth',
    '.I COMMAND',
    '[\\fIOPTIONS\\fR]',
    '.SH DESCRIPTION',
    roff(purpose),
    ...commands,
    '.SH EXIT STATUS',
    roff(
      '0 ok, 1 broken (claude-auth itself failed), 2 usage or configuration, 3 a sign-in is needed, 4 it works but needs attention, 5 the server gave no answer.',
    ),
    '.SH ENVIRONMENT',
    ...tagged(environment),
    '.SH FILES',
    ...tagged(files),
  ]
  return `${lines.join('\n')}\n`
}

function manualSection(entry: CommandEntry): string[] {
  const flags = shownFlags(entry).flatMap(([name, { says, value }]) => [
    '.TP',
    `.B ${roff(typedFlag(name))}${value === undefined ? '' : ` \\fI${roff(value)}\\fR`}`,
    roff(`${says}.`),
  ])
  return [
    `.SS ${roff(usageOf(entry))}`,
    roff(entry.about),
    ...flags,
    ...entry.notes.flatMap(note => ['.PP', roff(note)]),
    ...entry.examples.flatMap(line => ['.PP', '.RS 4', roff(line), '.RE']),
  ]
}

/** Text that roff prints as it is. */
function roff(text: string): string {
  const safe = text.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(safe) ? `\\&${safe}` : safe
}
