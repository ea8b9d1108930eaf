// Checks of the shells: what `claude` is in each, what goes before the wrapper, and the line that puts it first again.

import { dirname, join } from 'node:path'
import { type FirstOnPath, shellWords } from '../report/doctor-shell-text.js'
import { type Finding, found, ok } from './check.js'
import { isInstalled, type Launch, wrapper } from './check-launch.js'
import type { ShellFacts, ShellSeen } from './facts-shells.js'
import type { Manner, ShellName } from './shell-files.js'

const manners: Manner[] = ['login', 'interactive']

/** What `claude` is in one shell, and what unseated the wrapper there. */
export function shell(name: ShellName): (facts: Launch) => Finding | null {
  return facts => {
    const seen = facts.shells.shells[name]
    if (seen === undefined) return null
    const wrong = manners.find(manner => seen[manner].kind !== 'wrapper')
    if (wrong === undefined) return ok(shellWords.good(name))
    if (!isInstalled(facts)) return null
    // Without the link no shell can find it: that is said once.
    if (wrapper(facts)?.state === 'warn') return found('note', shellWords.notInstalled(name))
    const first = seen[wrong]
    const last = seen.lastFile[wrong]
    if (first.kind === 'late') return found('note', shellWords.late(name))
    if (first.kind === 'alias' || first.kind === 'function')
      return found('warn', shellWords.hidden(name, wrong, first.kind, first.at, last))
    const mend = firstOnPath(facts.shells, facts.login.place.person.home, seen)
    if (first.kind === 'other')
      return found('warn', shellWords.other(name, wrong, first.path, mend))
    return found('warn', shellWords.none(name, wrong, mend))
  }
}

/** One command for both manners; what reads no file of its own has only this session to be mended in. */
function firstOnPath({ link, wrapper }: ShellFacts, home: string, seen: ShellSeen): FirstOnPath {
  const isOffPath = (manner: Manner) =>
    seen[manner].kind === 'other' || seen[manner].kind === 'none'
  const files = manners.filter(isOffPath).map(manner => seen.lastFile[manner])
  return {
    home,
    folder: link.kind === 'wrapper' ? join(home, '.local/bin') : dirname(wrapper),
    files: [...new Set(files.filter(file => file !== null))],
    inSession: files.includes(null),
  }
}
