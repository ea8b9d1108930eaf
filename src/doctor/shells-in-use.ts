// Which of the shells on this machine this user uses: what is wrong in another one is no trouble of theirs.

import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { textAt } from '../host/open-file.js'
import type { Env } from '../host/paths.js'
import { type ShellFolders, type ShellName, shellNames } from './shell-files.js'

const maxBytes = 256 * 1024

/**
 * `sh`, which scripts use for everybody; the login shell; the one that this run was started from; and any with
 * start-up files or a history of this user's own.
 */
export function shellsInUse(env: Env, folders: ShellFolders): ShellName[] {
  const named = [loginShell(), env['SHELL'] ?? '', ...ancestors()].map(path => basename(path))
  return shellNames.filter(
    name => name === 'sh' || named.includes(name) || hasOwnFiles(name, env, folders),
  )
}

function loginShell(): string {
  try {
    return userInfo().shell ?? ''
  } catch {
    return ''
  }
}

/** The names of the processes above, up to the first. */
function ancestors(): string[] {
  const names: string[] = []
  for (let pid = process.ppid; pid > 1 && names.length < 64; pid = parentOf(pid)) {
    const name = textAt(`/proc/${pid}/comm`, { maxBytes })
    if (name === null) break
    names.push(name.trim())
  }
  return names
}

/** The fourth field of proc(5), `stat`; the second is in parentheses and may hold anything. */
function parentOf(pid: number): number {
  const text = textAt(`/proc/${pid}/stat`, { maxBytes }) ?? ''
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

const own: Record<Exclude<ShellName, 'sh'>, string[]> = {
  bash: ['.bash_history', '.bash_profile', '.bash_login', '.bash_aliases', '.bashrc'],
  zsh: ['.zshrc', '.zshenv', '.zprofile', '.zlogin', '.zsh_history'],
  fish: ['config.fish', 'conf.d', 'functions'],
}

/** A file as every new user gets it says nothing. */
function hasOwnFiles(name: ShellName, env: Env, { home, fish, zsh }: ShellFolders): boolean {
  if (name === 'sh') return true
  const folder = { bash: home, zsh, fish }[name]
  const data = env['XDG_DATA_HOME'] || join(home, '.local/share')
  if (name === 'fish' && existsSync(join(data, 'fish/fish_history'))) return true
  return own[name].some(file => {
    const path = join(folder, file)
    return existsSync(path) && !isAsInSkel(path, file)
  })
}

function isAsInSkel(path: string, file: string): boolean {
  const given = textAt(join('/etc/skel', file), { maxBytes })
  return given !== null && given === textAt(path, { maxBytes })
}
