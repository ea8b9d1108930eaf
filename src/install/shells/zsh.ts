// zsh: its start-up files, which ZDOTDIR can move, and completion by `_arguments`.

import { join } from 'node:path'
import { adviceFor, firstOf, pathLines, posix, question } from './posix.js'
import {
  type CompletedCommand,
  type CompletedFlag,
  type Completes,
  marked,
  type Shell,
} from './shell.js'

export const zsh: Shell = {
  ...posix,
  name: 'zsh',
  program: 'zsh',
  folder: (home, env) => env['ZDOTDIR'] || home,
  lastFile: (manner, folder) =>
    manner === 'login' ? firstOf(folder, ['.zlogin'], '.zprofile') : join(folder, '.zshrc'),
  definitions: ['.zshrc', '.zsh_aliases', '.zprofile', '.zshenv', '.zlogin', '.aliases'],
  traces: {
    inFolder: ['.zshrc', '.zshenv', '.zprofile', '.zlogin', '.zsh_history'],
    inData: [],
  },
  ask: manner => [manner === 'login' ? '-lc' : '-ic', question(`"\${ZDOTDIR-}"`)],
  advice: adviceFor('.zshrc'),
  machineFiles: (folder, has) => {
    const path = has('/etc/zsh') ? '/etc/zsh/zshenv' : has('/etc/zshenv') ? '/etc/zshenv' : null
    return path === null ? [] : [marked(path, pathLines(folder))]
  },
  completion: {
    shipped: '_claude-auth',
    inShare: 'zsh/site-functions/_claude-auth',
    isForPerson: false,
    note: 'zsh: put eval "$(claude-auth completion zsh)" into ~/.zshrc, after compinit.',
    lines,
    // zsh takes the file for the body of a function, and calls that for the first completion too.
    shippedText: printed => `#compdef claude-auth\n${printed}_claude_auth "$@"\n`,
  },
}

function lines(commands: readonly CompletedCommand[]): string[] {
  const option = ({ typed, says, value, completes }: CompletedFlag) =>
    word(
      `${typed}[${brackets(says)}]${value === null ? '' : `:${colons(value)}:${offered(completes)}`}`,
    )
  return [
    '_claude_auth() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    ${word(`${name}:${colons(summary)}`)}`),
    '  )',
    '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...commands.map(({ name, operands, flags }) => {
      const words = operands.map(({ name, choices, completes }, at) => {
        const offers = choices.length > 0 ? `(${choices.join(' ')})` : offered(completes)
        return word(`${at + 1}:${colons(name)}:${offers}`)
      })
      const options = [...flags.map(option), "'--help[more about it]'"]
      return `    ${name}) _arguments ${[...words, ...options].join(' ')} ;;`
    }),
    '    help) _describe command commands ;;',
    '  esac',
    '}',
    'compdef _claude_auth claude-auth',
  ]
}

function offered(completes: Completes): string {
  return completes === 'file' ? '_files' : completes === 'user' ? '_users' : ''
}

/** One word, whatever is in it. */
function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function brackets(text: string): string {
  return text.replaceAll(/[[\]]/g, '\\$&')
}

function colons(text: string): string {
  return text.replaceAll(':', '\\:')
}
