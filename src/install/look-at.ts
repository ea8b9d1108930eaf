// Looking at the paths of a plan, each in the way that its kind asks for.

import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { textAt } from '../host/open-file.js'
import { runTool } from '../host/system-tools.js'
import { absent, look, present, type Seen } from './seen.js'
import type { Wanted } from './wanted.js'

/** `prefix` stands before every path: another root, or empty. */
export function lookAt(prefix: string, { path, make }: Pick<Wanted, 'path' | 'make'>): Seen {
  switch (make.kind) {
    case 'group':
      return groupMembers(make.name) === null ? absent : present
    case 'program':
      return existsSync(join(prefix, path)) ? present : absent
    case 'mode':
      return withoutText(join(prefix, path))
    default:
      return look(prefix === '' ? path : join(prefix, path))
  }
}

/** The names in a group; null when there is no such group. */
export function groupMembers(name: string): string[] | null {
  const { code, stdout, isMissing } = runTool('getent', ['group', name])
  const lines = isMissing ? (textAt('/etc/group', { maxBytes: 16 * 1024 * 1024 }) ?? '') : stdout
  const line = lines.split('\n').find(each => each.startsWith(`${name}:`))
  if ((code !== 0 && !isMissing) || line === undefined) return null
  return (line.split(':')[3] ?? '').split(',').filter(each => each !== '')
}

/** A file whose mode is all that matters, such as the login, is not read. */
function withoutText(path: string): Seen {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const owner = stat && { uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 }
  if (owner && stat.isFile()) return { kind: 'file', text: '', ...owner }
  return owner && stat.isDirectory() ? { kind: 'folder', ...owner } : absent
}
