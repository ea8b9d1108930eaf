// fish: one file for every manner, folders that ask for nothing to be sourced, and functions in place of aliases.

import { dirname, join } from 'node:path'
import { quoted } from '../../system/trouble.js'
import { file } from '../desired-state.js'
import { append, byHome, definesClaude } from './posix.js'
import { type AnswerPart, type CompletedCommand, markOf, type Shell } from './shell.js'

const print = (part: AnswerPart, words: string) => `printf '${markOf(part)}%s' ${words}`

/** `command -v` sees programs only, and an alias is a function. */
const question = [
  `if functions -q claude; ${print('is', 'claude')}; else; ${print('is', '(command -v claude)')}; end`,
  print('text', '(functions claude 2>/dev/null | string collect)'),
  print('below', '(command -v claude)'),
  print('end', "''"),
].join('; ')

export const fish: Shell = {
  name: 'fish',
  program: 'fish',
  folder: (home, env) => join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'fish'),
  lastFile: (_manner, folder) => join(folder, 'config.fish'),
  definitions: ['config.fish', 'functions/claude.fish', 'conf.d/alias.fish', 'conf.d/aliases.fish'],
  definesClaude,
  traces: { inFolder: ['config.fish', 'conf.d', 'functions'], inData: ['fish/fish_history'] },
  ask: manner => [manner === 'login' ? '-lc' : '-ic', question],
  // It makes its folders at every start.
  quietEnv: (scratch, isUsed) => ({
    XDG_DATA_HOME: scratch,
    XDG_CACHE_HOME: scratch,
    XDG_STATE_HOME: scratch,
    ...(isUsed ? {} : { XDG_CONFIG_HOME: scratch }),
  }),
  pathLine: (folder, home) => `set -gx PATH "${byHome(folder, home)}" $PATH`,
  undoLine: () => 'functions -e claude',
  append: (line, files) =>
    files
      .slice(0, 1)
      .map(path => `mkdir -p ${quoted(dirname(path))} && ${append(line, [path])}`)
      .join(''),
  advice: folder => `fish_add_path --move ${folder}   (then open a new shell)`,
  machineFiles: (folder, has) =>
    has('/etc/fish')
      ? [
          file(
            '/etc/fish/conf.d/claude-auth.fish',
            `# claude-auth: its wrapper goes before the client.
contains -- ${folder} $PATH; or set -gx PATH ${folder} $PATH
`,
          ),
        ]
      : [],
  completion: {
    shipped: 'claude-auth.fish',
    inShare: 'fish/vendor_completions.d/claude-auth.fish',
    isForPerson: true,
    note: 'fish: claude-auth completion fish > ~/.config/fish/completions/claude-auth.fish',
    lines,
  },
}

function lines(commands: readonly CompletedCommand[]): string[] {
  return [
    'complete -c claude-auth -f',
    ...commands.flatMap(({ name, summary, operands, flags }) => {
      const first = `complete -c claude-auth -n __fish_use_subcommand -a ${name} -d ${word(summary)}`
      const after = `complete -c claude-auth -n '__fish_seen_subcommand_from ${name}'`
      const words = operands.flatMap(({ choices, completes }) => [
        ...choices.map(choice => `${after} -a ${choice}`),
        ...(completes === 'user' ? [`${after} -a '(__fish_complete_users)'`] : []),
        ...(completes === 'file' ? [`${after} -F`] : []),
      ])
      const options = flags.map(flag => {
        const form = flag.name.length === 1 ? `-s ${flag.name}` : `-l ${flag.name}`
        return `${after} ${form}${flag.value === null ? '' : flag.completes === 'file' ? ' -r -F' : ' -x'} -d ${word(flag.says)}`
      })
      return [first, ...words, ...options, `${after} -l help -d 'more about it'`]
    }),
  ]
}

/** One word, where no backslash is in it. */
function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
