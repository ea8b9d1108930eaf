// The check of watched repositories: is somebody told, and does git itself keep their history?

import { isNobodyTold } from '../alerts/sinks.js'
import { repositoryState } from '../changes/append-only.js'
import { quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { type Finding, found, ok } from './check.js'
import type { LoginFacts } from './login-facts.js'
import { words } from './words.js'

/** Null where no repository is watched. */
export function changes({ run }: LoginFacts): Finding | null {
  const { config, person } = run
  if (config.changes.length === 0) return null
  const states = config.changes.map(each => repositoryState(each, person.home))
  const missing = states.find(({ kind }) => kind === 'missing')
  if (missing !== undefined)
    return found('warn', changesWords.missing(missing.name, missing.folder))
  const open = states.find(state => state.open.length > 0)
  if (open !== undefined) return found('warn', changesWords.open(open.name, open.folder, open.open))
  if (isNobodyTold(config.alerts)) return found('warn', changesWords.nobody)
  const here = states.filter(({ kind }) => kind === 'here')
  const unguarded = here.find(({ hasGuard }) => !hasGuard)
  if (unguarded !== undefined)
    return found('note', changesWords.unguarded(unguarded.name, unguarded.folder))
  return ok(changesWords.good(states.length, here.length))
}

const changesWords = {
  good: (all: number, here: number) =>
    `${all === 1 ? 'One repository is' : `${all} repositories are`} watched; ${here} of them here, which only grow and are guarded.`,
  missing: (name: string, folder: string) =>
    words(
      `${clean(name, 60)}: there is no git repository at ${clean(folder, 200)}.`,
      `ls -ld ${quoted(folder)}`,
    ),
  open: (name: string, folder: string, settings: readonly string[]) =>
    words(
      `${clean(name, 60)}: git itself would take rewritten or deleted history.`,
      settings.map(each => `git -C ${quoted(folder)} config receive.${each} true`).join(' && '),
    ),
  unguarded: (name: string, folder: string) =>
    words(
      `${clean(name, 60)} has no guard: changes without a reason are told, not refused.`,
      `vi ${quoted(`${folder}/hooks/pre-receive`)}   (exec claude-auth changes guard)`,
    ),
  nobody: words(
    'Repositories are watched, and nobody is told: the configuration names no alerts.',
    'vi /etc/claude-auth/config.yaml   (alerts: …)',
  ),
}
