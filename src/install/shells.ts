// The lines that put the wrapper's folder first on PATH, in the words of each kind of shell.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { startAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
/** For sh, bash and zsh; sourced, so it changes nothing but PATH. */
export function pathLines(folder: string): string {
  return `case ":\${PATH-}:" in
  *:${folder}:*) ;;
  *) export PATH="${folder}\${PATH:+:$PATH}" ;;
esac
`
}

export function profileText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.\n${pathLines(folder)}`
}

export function fishText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.
contains -- ${folder} $PATH; or set -gx PATH ${folder} $PATH
`
}

/** environment.d(5): what a user's systemd services start with. */
export function environmentText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.\nPATH=${folder}:$PATH\n`
}

// Does the person's shell meet the wrapper when they type `claude`? If not: the line to type.

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
