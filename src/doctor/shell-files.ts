// The start-up files of a shell: which one it reads last, and where in them an alias or function named claude is made.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { textAt } from '../host/open-file.js'

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
