// nushell: not a POSIX shell; it reads no profile of a login, so an installation for one person puts a line into its config.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { statOf } from '../../system/access.js'
import { quoted } from '../../system/trouble.js'
import { file } from '../desired-state.js'
import {
  type AnswerPart,
  type CompletedCommand,
  type CompletedOperand,
  marked,
  markOf,
  type Shell,
} from './shell.js'

// Printed with `print -n`, in strings that read `\n` as a newline.
const print = (part: AnswerPart, value: string) => `print -n $"${markOf(part)}(${value})"`

/**
 * `which -a` tells aliases, functions and the places of declarations as well as programs. The reader of answers knows
 * the words of POSIX shells, so `^claude`, the program itself, is given as `command claude`.
 */
const question = [
  'let all = (which -a claude)',
  'let below = ($all | where type == external | get path | where {|it| ($it | path basename) == "claude" } | append "" | first)',
  'let alias = (scope aliases | where name == claude | get expansion | append "" | first | str trim --left --char "^")',
  'let is_function = (($all | where type == custom | length) > 0)',
  print(
    'is',
    'if $alias != "" { $"alias claude=($alias)" } else if $is_function { "claude" } else { $below }',
  ),
  print(
    'text',
    'if $is_function { view source claude | str replace --all "^claude" "command claude" } else { "" }',
  ),
  print('below', '$below'),
  print('end', '""'),
  'exit',
].join('; ')

export const nushell: Shell = {
  name: 'nushell',
  program: 'nu',
  folder: (home, env) => join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'nushell'),
  // Every file of this folder is read after all others, in the order of names.
  lastFile: (_manner, folder) => join(folder, 'autoload', lastOf(join(folder, 'autoload'))),
  definitions: ['config.nu', 'env.nu', 'login.nu', 'autoload/claude.nu', 'autoload/aliases.nu'],
  definesClaude: line =>
    /^\s*(?:export\s+)?(?:alias\s+"?claude"?\s*=|def\s+(?:--?\w+\s+)*["']?claude["']?[\s[])/.test(
      line,
    ),
  traces: {
    inFolder: ['config.nu', 'env.nu', 'login.nu', 'autoload', 'history.txt', 'history.sqlite3'],
    inData: [],
  },
  // With `-c` it reads no file but at a login, and of those not all: only a session does as a person's does.
  ask: manner => ['--no-history', ...(manner === 'login' ? ['--login'] : []), '-e', question],
  // Where it has no folder yet, it makes one at its start.
  quietEnv: (scratch, isUsed) => (isUsed ? {} : { XDG_CONFIG_HOME: scratch }),
  pathLine: (folder, home) => {
    const isInside = folder.startsWith(`${home}/`)
    const inHome = `($env.HOME | path join ${word(folder.slice(home.length + 1))})`
    return `$env.PATH = ($env.PATH | prepend ${isInside ? inHome : word(folder)} | uniq)`
  },
  undoLine: () => 'hide claude',
  // `printf` and `>>` mean nothing here; a word in single quotes is the same here and in sh.
  append: (line, files) =>
    files
      .slice(0, 1)
      .map(path => {
        const text = `"\\n${escaped(line)}\\n"`
        return `nu -c ${quoted(`mkdir ${word(dirname(path))}; ${text} | save --append ${word(path)}`)}`
      })
      .join(''),
  advice: () => 'exec nu   (it reads its line for PATH then)',
  machineFiles: folder => [
    file(
      '/usr/local/share/nushell/vendor/autoload/claude-auth-path.nu',
      `${comment}${line(folder)}`,
    ),
  ],
  personFiles: (folder, { home, env, isHere }) => {
    const config = nushell.folder(home, env)
    if (!existsSync(config) && !(isHere && config.startsWith(`${home}/`))) return []
    return [marked(behindLink(join(config, 'config.nu')), line(folder), stays)]
  },
  completion: {
    shipped: 'claude-auth.nu',
    inShare: 'nushell/vendor/autoload/claude-auth.nu',
    isForPerson: true,
    note: 'nushell: mkdir ~/.config/nushell/autoload; claude-auth completion nushell | save --force ~/.config/nushell/autoload/claude-auth.nu',
    lines,
  },
}

const comment = '# claude-auth: its wrapper goes before the client.\n'
const stays =
  'is no file of yours that can be edited, and stays; nushell has to find the wrapper by itself'

function line(folder: string): string {
  const path = word(folder)
  return `if ${path} not-in $env.PATH { $env.PATH = ($env.PATH | prepend ${path}) }\n`
}

/** Configuration that is kept elsewhere is edited there. */
function behindLink(path: string): string {
  const isLink = statOf(path)?.isSymbolicLink() ?? false
  return isLink && existsSync(path) ? realpathSync.native(path) : path
}

/** The last file of the folder; where it has none, the one to make. */
function lastOf(folder: string): string {
  try {
    const names = readdirSync(folder).filter(name => name.endsWith('.nu'))
    return names.sort().at(-1) ?? ownName
  } catch {
    return ownName
  }
}

const ownName = 'claude-auth.nu'

function hasChoices({ choices }: CompletedOperand): boolean {
  return choices.length > 0
}

/** As it is where nothing in it has a meaning, else in double quotes. */
function word(text: string): string {
  return /^\/?[\w.-]+(?:\/[\w.-]+)*$/.test(text) ? text : `"${escaped(text)}"`
}

/** For double quotes. */
function escaped(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}

/** A declaration for each command: nushell then knows its words, and gives the command all that it does not know. */
function lines(commands: readonly CompletedCommand[]): string[] {
  const chooser = (name: string) => `"nu-complete claude-auth ${name}"`
  const choices = (name: string, words: readonly string[]) =>
    `def ${chooser(name)} [] { [${words.map(each => `"${each}"`).join(' ')}] }`
  return [
    choices(
      'help',
      commands.map(({ name }) => name),
    ),
    ...commands.flatMap(({ name, summary, operands, flags }) => [
      ...operands.filter(hasChoices).map(operand => choices(name, operand.choices)),
      '',
      `# ${summary}`,
      `extern "claude-auth ${name}" [`,
      ...operands.map(operand => {
        const type = operand.completes === 'file' ? 'path' : 'string'
        const offers = hasChoices(operand) ? `@${chooser(name)}` : ''
        return `  ${operand.name.toLowerCase()}?: ${type}${offers}`
      }),
      ...flags.map(({ typed, short, value, says }) => {
        const form = `${typed}${short === null ? '' : `(-${short})`}`
        return `  ${form}${value === null ? '' : ': string'} # ${says}`
      }),
      ']',
    ]),
    '',
    '# what a command does, and its flags',
    `extern "claude-auth help" [command?: string@${chooser('help')}]`,
    '',
    'extern "claude-auth" [command?: string, --version(-v)]',
  ]
}
