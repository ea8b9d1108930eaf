// Whether a watched repository on this machine keeps its history: what git itself is told to refuse, and the guard's hook.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { realFolder } from '../base/tree.js'
import type { WatchedRepository } from '../config/admin.js'
import { canRun } from '../system/access.js'
import { textAt } from '../system/open-file.js'
import { gitIn } from './git.js'

export interface RepositoryState {
  name: string
  /** `elsewhere`: an address, of which nothing can be asked. */
  kind: 'elsewhere' | 'missing' | 'here'
  folder: string
  /** Settings of `receive` that are not on. */
  open: readonly string[]
  hasGuard: boolean
}

const settings = ['denyNonFastForwards', 'denyDeletes'] as const
const gitMs = 5_000

/** Looks with the rights of the caller; `home` is what `~/` means. */
export function repositoryState(
  { name, repository }: WatchedRepository,
  home: string,
): RepositoryState {
  const path = repository.replace(/^file:\/\//, '').replace(/^~\//, `${home}/`)
  const nothing = { name, folder: path, open: [], hasGuard: false }
  if (!path.startsWith('/')) return { ...nothing, kind: 'elsewhere' }
  const place = [path, join(path, '.git')].find(each => existsSync(join(each, 'HEAD')))
  const folder = place === undefined ? null : realFolder(place)
  if (folder === null) return { ...nothing, kind: 'missing' }
  const git = gitIn(folder, {}, 'hook')
  const isOn = (setting: string) =>
    git(['config', '--type=bool', '--get', `receive.${setting}`], {
      timeoutMs: gitMs,
    }).stdout.trim() === 'true'
  const hook = join(folder, 'hooks/pre-receive')
  const text = canRun(hook) ? (textAt(hook, { maxBytes: 1024 * 1024 }) ?? '') : ''
  return {
    name,
    kind: 'here',
    folder,
    open: settings.filter(each => !isOn(each)),
    hasGuard: text.includes('changes guard') || existsSync(join(folder, 'hooks/pre-receive.d')),
  }
}
