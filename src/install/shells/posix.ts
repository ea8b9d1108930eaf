// sh (dash or another plain POSIX shell, which scripts use), and what it has in common with bash and zsh: one dialect for PATH,
// aliases and questions.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { quoted } from '../../system/trouble.js'
import { file } from '../desired-state.js'
import { markOf, type Shell } from './shell.js'

/** Lines for a file that is sourced: they change nothing but PATH. */
export function pathLines(folder: string): string {
  return `case ":\${PATH-}:" in
  *:${folder}:*) ;;
  *) export PATH="${folder}\${PATH:+:$PATH}" ;;
esac
`
}

const print = (part: Parameters<typeof markOf>[0], words: string) =>
  `printf '${markOf(part)}%s' ${words}`

/**
 * The line for `-c`. Of a function `command -v` prints the bare name, of an alias its text; dash tells no function's
 * text. `folder`: a word for where the shell has its files, if elsewhere than in the home.
 */
export function question(folder = "''"): string {
  return [
    print('is', '"$(command -v claude)"'),
    print('text', '"$(declare -f claude 2>/dev/null)"'),
    print(
      'below',
      '"$(unalias claude 2>/dev/null; unset -f claude 2>/dev/null; command -v claude)"',
    ),
    print('folder', folder),
    print('end', "''"),
  ].join('; ')
}

/** `folder` as it stands inside double quotes, the home by its variable. */
export function byHome(folder: string, home: string): string {
  const isInside = folder.startsWith(`${home}/`)
  const plain = (isInside ? folder.slice(home.length) : folder).replace(/["\\$`]/g, '\\$&')
  return `${isInside ? '$HOME' : ''}${plain}`
}

/** Each part is looked for by itself, so that a long line takes no longer than its length. */
export function definesClaude(line: string): boolean {
  const code = line.replace(/#.*/, '')
  const alias = /\balias\s/.exec(code)
  if (alias && /\bclaude[=\s]/.test(code.slice(alias.index + alias[0].length))) return true
  return /\bfunction\s+claude\b|\bclaude\s*\(\)/.test(code)
}

/** The first of `names` in `folder` that is there; else `otherwise`. */
export function firstOf(folder: string, names: string[], otherwise: string): string {
  return join(folder, names.find(each => existsSync(join(folder, each))) ?? otherwise)
}

/** By printf and tee, which every shell of this kind starts alike. */
export function append(line: string, files: string[]): string {
  const [first] = files
  if (first === undefined) return line
  const ended = `printf '\\n%s\\n' ${quoted(line)}`
  if (files.length > 1) return `${ended} | tee -a ${files.map(quoted).join(' ')}`
  return `${ended} >> ${quoted(first)}`
}

/** For `advice`: the line goes to the end of `file` and is read at once. */
export function adviceFor(file: string): Shell['advice'] {
  return folder => `echo 'export PATH="${folder}:$PATH"' >>~/${file} && . ~/${file}`
}

/** What the three do alike. */
export const posix = {
  definesClaude,
  pathLine: (folder, home) => `export PATH="${byHome(folder, home)}:$PATH"`,
  undoLine: kind => (kind === 'alias' ? 'unalias claude' : 'unset -f claude'),
  append,
} satisfies Partial<Shell>

export const sh: Shell = {
  ...posix,
  name: 'sh',
  program: 'sh',
  folder: home => home,
  lastFile: (manner, folder) => (manner === 'login' ? join(folder, '.profile') : null),
  definitions: ['.profile'],
  traces: null,
  ask: manner => [manner === 'login' ? '-lc' : '-c', question()],
  advice: adviceFor('.profile'),
  // Login shells of bash read it too; zsh's do on Debian.
  machineFiles: folder => [
    file(
      '/etc/profile.d/claude-auth.sh',
      `# claude-auth: its wrapper goes before the client.\n${pathLines(folder)}`,
    ),
  ],
  completion: null,
}
