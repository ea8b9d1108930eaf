// `claude-auth completion SHELL`: completions for bash, zsh and fish, made from the command table.

import type { Env } from '../system/paths.js'
import { type CommandEntry, type Flag, readFlags, shownFlags, typedFlag } from './command.js'
import { commandTable } from './commands.js'
import { completion as entry } from './entries/plumbing.js'

/** Prints the script for a shell. */
export async function completion(argv: string[], _env: Env): Promise<number> {
  const { operand } = readFlags(entry, argv)
  process.stdout.write(completionFor(operand as Shell))
  return 0
}

export type Shell = (typeof entry.operand.choices)[number]

/** The script that a shell reads at its start. */
export function completionFor(shell: Shell): string {
  const lines = { bash, zsh, fish }[shell]()
  return `# ${shell} completion of claude-auth, made by: claude-auth completion ${shell}\n${lines.join('\n')}\n`
}

const names = () => commandTable.map(({ name }) => name)

/** All that can be typed after a command: its operand's words and its flags. */
function wordsAfter(command: CommandEntry): string[] {
  const flags = shownFlags(command).map(([name]) => typedFlag(name))
  return [...(command.operand?.choices ?? []), ...flags, '--help']
}

function bash(): string[] {
  const withValue = commandTable.flatMap(command =>
    shownFlags(command)
      .filter(([, { value }]) => value !== undefined)
      .map(([name]) => `'${command.name} ${typedFlag(name)}'`),
  )
  return [
    '_claude_auth() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" = 1 ]; then',
    `    words='${[...names(), '--help', '--version'].join(' ')}'`,
    '  else',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '    case "${COMP_WORDS[1]} $prev" in',
    `      ${withValue.join(' | ')}) return ;;`,
    '    esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '    case ${COMP_WORDS[1]} in',
    ...commandTable.map(each => `      ${each.name}) words='${wordsAfter(each).join(' ')}' ;;`),
    `      help) words='${names().join(' ')}' ;;`,
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -F _claude_auth claude-auth',
  ]
}

function zsh(): string[] {
  const option = ([name, { says, value }]: [string, Flag]) =>
    quoted(
      `${typedFlag(name)}[${brackets(says)}]${value === undefined ? '' : `:${colons(value)}:`}`,
    )
  const described = (name: string, says: string) => quoted(`${name}:${colons(says)}`)
  return [
    '_claude_auth() {',
    '  local -a commands',
    '  commands=(',
    ...commandTable.map(({ name, summary }) => `    ${described(name, summary)}`),
    '  )',
    '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...commandTable.map(command => {
      const operand = command.operand
        ? [quoted(`1:${colons(command.operand.name)}:(${command.operand.choices.join(' ')})`)]
        : []
      const options = [...shownFlags(command).map(option), "'--help[more about it]'"]
      return `    ${command.name}) _arguments ${[...operand, ...options].join(' ')} ;;`
    }),
    '    help) _describe command commands ;;',
    '  esac',
    '}',
    'compdef _claude_auth claude-auth',
  ]
}

function fish(): string[] {
  return [
    'complete -c claude-auth -f',
    ...commandTable.flatMap(command => {
      const first = `complete -c claude-auth -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`
      const after = `complete -c claude-auth -n '__fish_seen_subcommand_from ${command.name}'`
      const words = command.operand?.choices.map(word => `${after} -a ${word}`) ?? []
      const flags = shownFlags(command).map(([name, { says, value }]) => {
        const form = name.length === 1 ? `-s ${name}` : `-l ${name}`
        return `${after} ${form}${value === undefined ? '' : ' -x'} -d ${quoted(says)}`
      })
      return [first, ...words, ...flags, `${after} -l help -d 'more about it'`]
    }),
  ]
}

/** One word for a shell; in fish the same holds where no backslash is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function brackets(text: string): string {
  return text.replaceAll(/[[\]]/g, '\\$&')
}

function colons(text: string): string {
  return text.replaceAll(':', '\\:')
}
