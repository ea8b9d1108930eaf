// Does the person's shell meet the wrapper when they type `claude`? If not: the line to type.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { startAt } from '../host/open-file.js'
import type { Env } from '../host/paths.js'

/** The command that puts `~/.local/bin` first on PATH for this shell; null where the wrapper is met. */
export function shellAdvice(env: Env, home: string, program: string): string | null {
  const first = (env['PATH'] ?? '')
    .split(':')
    .map(folder => join(folder, 'claude'))
    .find(path => path.startsWith('/') && existsSync(path))
  if (first !== undefined && isWrapper(first)) return null
  const folder =
    existsSync(join(home, '.local/bin/claude')) && isWrapper(join(home, '.local/bin/claude'))
      ? '$HOME/.local/bin'
      : join(program, 'current/bin')
  const line = `export PATH="${folder}:$PATH"`
  switch (basename(env['SHELL'] ?? '')) {
    case 'fish':
      return `fish_add_path --move ${folder}   (then open a new shell)`
    case 'zsh':
      return `echo '${line}' >>~/.zshrc && . ~/.zshrc`
    case 'bash':
      return `echo '${line}' >>~/.bashrc && . ~/.bashrc`
    default:
      return `echo '${line}' >>~/.profile && . ~/.profile`
  }
}

/** As the wrapper itself tells its like: by the second line. */
function isWrapper(path: string): boolean {
  const start = startAt(path, 200)?.toString('latin1') ?? ''
  return /^[^\n]*\n# claude-auth wrapper/.test(start)
}
