// What a shell is asked about `claude`, and how its answer is read. No I/O.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { textAt } from '../system/open-file.js'
/** What `claude` is in a shell, before any path is looked at. */
export interface ShellAnswer {
  kind: 'program' | 'alias' | 'function' | 'none'
  /** Of a program its path, of an alias its command, of a function its text where the shell tells it. */
  text: string
  /** The program found where neither alias nor function goes before it; empty for none. */
  below: string
  /** Where zsh has its start-up files, if elsewhere than in the home. */
  zdotdir: string
}

const mark = '\n--claude-auth-'
const say = (part: string, words: string) =>
  `printf '${mark.replace('\n', '\\n')}${part}--%s' ${words}`

/** Of a function `command -v` prints the bare name, of an alias its text; dash tells no function's text. */
const posix = [
  say('is', '"$(command -v claude)"'),
  say('text', '"$(declare -f claude 2>/dev/null)"'),
  say('below', '"$(unalias claude 2>/dev/null; unset -f claude 2>/dev/null; command -v claude)"'),
  say('zdotdir', `"\${ZDOTDIR-}"`),
]
/** In fish `command -v` sees programs only, and an alias is a function. */
const fish = [
  `if functions -q claude; ${say('is', 'claude')}; else; ${say('is', '(command -v claude)')}; end`,
  say('text', '(functions claude 2>/dev/null | string collect)'),
  say('below', '(command -v claude)'),
]

/** The line for a shell's `-c`. */
export function question(shell: string): string {
  return [...(shell === 'fish' ? fish : posix), say('end', "''")].join('; ')
}

/** Null where the shell came to no end. What start-up files print before is passed over. */
export function readAnswer(stdout: string): ShellAnswer | null {
  const [, ...parts] = `\n${stdout}`.split(mark)
  const said = Object.fromEntries(
    parts.map(part => {
      const at = part.indexOf('--')
      return [part.slice(0, at), part.slice(at + 2).trim()]
    }),
  )
  if (said['end'] === undefined) return null
  const { is = '', text = '', below = '', zdotdir = '' } = said
  const more = { below, zdotdir }
  if (is === '') return { kind: 'none', text: '', ...more }
  if (is.startsWith('/')) return { kind: 'program', text: is, ...more }
  const alias = /^alias (?:-- )?claude=([\s\S]*)$/.exec(is)?.[1]
  if (alias === undefined) return { kind: 'function', text, ...more }
  return { kind: 'alias', text: unquoted(alias), ...more }
}

/**
 * The program that an alias or function ends in, as far as can be told: `claude` itself with more arguments is
 * the one below, a path in the home or from the root is that. Null: whatever it does, it is something else.
 */
export function endOf({ kind, text, below }: ShellAnswer, home: string): string | null {
  if (kind === 'function') return /\bcommand\s+claude\b/.test(text) ? below : null
  const words = text.split(/\s+/).filter(word => word !== 'command' && !/^\w+=/.test(word))
  const [first = ''] = words
  if (first === 'claude') return below
  const path = first.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
  return path.startsWith('/') ? path : null
}

/** As all these shells quote an alias: in single quotes, or not at all where it is one plain word. */
function unquoted(text: string): string {
  const whole = /^'([\s\S]*)'$/.exec(text)?.[1] ?? text
  return whole.replaceAll("'\\''", "'").trim()
}

// The start-up files of a shell: which one it reads last, and where in them an alias or function named claude is made.

export const shellNames = ['bash', 'zsh', 'fish', 'sh'] as const
export type ShellName = (typeof shellNames)[number]

/** `login`: as over SSH. `interactive`: as a new window of this session. */
export type Manner = 'login' | 'interactive'

/** What a shell reads, by the folders it looks into. */
export interface ShellFolders {
  home: string
  /** `~/.config/fish`, or where the session has it. */
  fish: string
  /** `~`, or what `ZDOTDIR` says. */
  zsh: string
}

/** The last file of this user's that the shell reads: what stands at its end holds. Null: it reads none. */
export function lastFile(name: ShellName, manner: Manner, folders: ShellFolders): string | null {
  const { home, fish, zsh } = folders
  const login = manner === 'login'
  const firstOf = (folder: string, names: string[], otherwise: string) =>
    join(folder, names.find(each => existsSync(join(folder, each))) ?? otherwise)
  switch (name) {
    case 'bash':
      return login
        ? firstOf(home, ['.bash_profile', '.bash_login'], '.profile')
        : join(home, '.bashrc')
    case 'zsh':
      return login ? firstOf(zsh, ['.zlogin'], '.zprofile') : join(zsh, '.zshrc')
    case 'fish':
      return join(fish, 'config.fish')
    case 'sh':
      return login ? join(home, '.profile') : null
  }
}

const names: Record<ShellName, string[]> = {
  bash: ['.bashrc', '.bash_aliases', '.bash_profile', '.bash_login', '.profile', '.aliases'],
  zsh: ['.zshrc', '.zsh_aliases', '.zprofile', '.zshenv', '.zlogin', '.aliases'],
  fish: ['config.fish', 'functions/claude.fish', 'conf.d/alias.fish', 'conf.d/aliases.fish'],
  sh: ['.profile'],
}

/** More than anybody writes by hand. */
const maxBytes = 1024 * 1024

/** Each part is looked for by itself, so that a long line takes no longer than its length. */
function isMaking(line: string): boolean {
  const code = line.replace(/#.*/, '')
  const alias = /\balias\s/.exec(code)
  if (alias && /\bclaude[=\s]/.test(code.slice(alias.index + alias[0].length))) return true
  return /\bfunction\s+claude\b|\bclaude\s*\(\)/.test(code)
}

/** Where it is made, by file and line from 1; null where that is none of the usual files. */
export function madeAt(
  name: ShellName,
  { home, fish, zsh }: ShellFolders,
): { file: string; line: number } | null {
  const folder = name === 'fish' ? fish : name === 'zsh' ? zsh : home
  for (const file of names[name].map(each => join(folder, each))) {
    const line = linesOf(file).findLastIndex(isMaking) + 1
    if (line > 0) return { file, line }
  }
  return null
}

function linesOf(file: string): string[] {
  return (textAt(file, { maxBytes }) ?? '').split('\n')
}
