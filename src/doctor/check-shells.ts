// Checks of the shells: what `claude` is in each, what goes before the wrapper, and the line that puts it first again.

import { dirname, join } from 'node:path'
import { type FirstOnPath, shellWords } from '../report/doctor-shell-text.js'
import type { Words } from '../report/doctor-text.js'
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
    const words = whatIsWrong(name, wrong, seen, facts)
    if (!facts.shells.inUse.includes(name)) return found('note', shellWords.notUsed(name, words))
    return found(seen[wrong].kind === 'late' ? 'note' : 'warn', words)
  }
}

function whatIsWrong(name: ShellName, wrong: Manner, seen: ShellSeen, facts: Launch): Words {
  const first = seen[wrong]
  if (first.kind === 'late') return shellWords.late(name)
  if (first.kind === 'alias' || first.kind === 'function')
    return shellWords.hidden(name, wrong, first.kind, first.at, seen.lastFile[wrong])
  const mend = firstOnPath(facts.shells, facts.login.place.person.home, seen)
  return first.kind === 'other'
    ? shellWords.other(name, wrong, first.path, mend)
    : shellWords.none(name, wrong, mend)
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
