// bash: its start-up files, and completion by a function.

import { join } from 'node:path'
import { adviceFor, firstOf, pathLines, posix, question } from './posix.js'
import { type CompletedCommand, marked, type Shell, wordsAfter } from './shell.js'

const forAll = '/etc/bash.bashrc'

export const bash: Shell = {
  ...posix,
  name: 'bash',
  program: 'bash',
  folder: home => home,
  lastFile: (manner, folder) =>
    manner === 'login'
      ? firstOf(folder, ['.bash_profile', '.bash_login'], '.profile')
      : join(folder, '.bashrc'),
  definitions: ['.bashrc', '.bash_aliases', '.bash_profile', '.bash_login', '.profile', '.aliases'],
  traces: {
    inFolder: ['.bash_history', '.bash_profile', '.bash_login', '.bash_aliases', '.bashrc'],
    inData: [],
  },
  ask: manner => [manner === 'login' ? '-lc' : '-ic', question()],
  advice: adviceFor('.bashrc'),
  machineFiles: (folder, has) => (has(forAll) ? [marked(forAll, pathLines(folder))] : []),
  completion: {
    shipped: 'claude-auth.bash',
    inShare: 'bash-completion/completions/claude-auth',
    isForPerson: true,
    note: 'bash: put eval "$(claude-auth completion bash)" into ~/.bashrc.',
    lines,
  },
}

function lines(commands: readonly CompletedCommand[]): string[] {
  const names = commands.map(({ name }) => name)
  const withValue = commands.flatMap(({ name, flags }) =>
    flags.filter(({ value }) => value !== null).map(({ typed }) => `'${name} ${typed}'`),
  )
  return [
    '_claude_auth() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" = 1 ]; then',
    `    words='${[...names, '--help', '--version'].join(' ')}'`,
    '  else',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '    case "${COMP_WORDS[1]} $prev" in',
    `      ${withValue.join(' | ')}) return ;;`,
    '    esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '    case ${COMP_WORDS[1]} in',
    ...commands.map(each => {
      const isOfUser = each.operands.some(({ completes }) => completes === 'user')
      const ofUser = isOfUser ? ' $(compgen -u)' : ''
      return `      ${each.name}) words="${wordsAfter(each).join(' ')}${ofUser}" ;;`
    }),
    `      help) words='${names.join(' ')}' ;;`,
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -F _claude_auth claude-auth',
  ]
}
