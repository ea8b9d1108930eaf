// Checks of the shells: what `claude` is in each, what goes before the wrapper, and the line that puts it first again.

import { dirname, join } from 'node:path'
import type { Manner, Shell } from '../install/shells/shell.js'
import { type Finding, found, ok } from './check.js'
import { isInstalled, type Launch, wrapper } from './launch.js'
import type { ShellFacts, ShellSeen } from './shell-facts.js'
import { pasted, shown, type Words, words } from './words.js'

const manners: Manner[] = ['login', 'interactive']

/** What `claude` is in one shell, and what unseated the wrapper there. */
export function shell(which: Shell): (facts: Launch) => Finding | null {
  const { name } = which
  return facts => {
    const seen = facts.shells.shells[name]
    if (seen === undefined) return null
    const wrong = manners.find(manner => seen[manner].kind !== 'wrapper')
    if (wrong === undefined) return ok(shellWords.good(name))
    if (!isInstalled(facts)) return null
    // Without the link no shell can find it: that is said once.
    if (wrapper(facts)?.state === 'warn') return found('note', shellWords.notInstalled(name))
    const words = whatIsWrong(which, wrong, seen, facts)
    if (!facts.shells.inUse.includes(name)) return found('note', shellWords.notUsed(name, words))
    return found(seen[wrong].kind === 'late' ? 'note' : 'warn', words)
  }
}

function whatIsWrong(shell: Shell, wrong: Manner, seen: ShellSeen, facts: Launch): Words {
  const first = seen[wrong]
  if (first.kind === 'late') return shellWords.late(shell.name)
  if (first.kind === 'alias' || first.kind === 'function')
    return shellWords.hidden(shell, wrong, first.kind, first.at, seen.lastFile[wrong])
  const mend = firstOnPath(facts.shells, facts.login.place.person.home, seen)
  return first.kind === 'other'
    ? shellWords.other(shell, wrong, first.path, mend)
    : shellWords.none(shell, wrong, mend)
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

/** What puts the wrapper's folder first on PATH. */
interface FirstOnPath {
  home: string
  folder: string
  /** Start-up files, at the end of which the line has to stand. */
  files: string[]
  /** A shell that reads none of them takes PATH from this session. */
  inSession: boolean
}

const shellWords = {
  good: (shell: string) => `In ${shell}, \`claude\` is the wrapper.`,
  notInstalled: (shell: string) => words(`In ${shell}, \`claude\` is not the wrapper.`),
  other: (shell: Shell, manner: Manner, path: string, mend: FirstOnPath) =>
    words(
      `${place(shell, manner)}, \`claude\` is ${shown(path)}, found before the wrapper.`,
      pathCommand(shell, mend),
    ),
  none: (shell: Shell, manner: Manner, mend: FirstOnPath) =>
    words(
      `${place(shell, manner)}, there is no \`claude\`: ${shown(mend.folder)} is not on PATH.`,
      pathCommand(shell, mend),
    ),
  hidden: (
    shell: Shell,
    manner: Manner,
    kind: 'alias' | 'function',
    at: { file: string; line: number } | null,
    lastFile: string | null,
  ) =>
    words(
      `${place(shell, manner)}, an alias or function named claude hides the wrapper${at === null ? '' : ` (${shown(at.file)}, line ${at.line})`}.`,
      at === null
        ? shell.append(shell.undoLine(kind), lastFile === null ? [] : [shown(lastFile)])
        : `vi +${at.line} ${pasted(at.file)}`,
    ),
  notUsed: (shell: string, { message, hint }: Words) =>
    words(`${message} You do not seem to use ${shell}.`, hint),
  late: (shell: string) => words(`${shell} did not answer: look at what its start-up files start.`),
}

function place({ name, lastFile }: Shell, manner: Manner): string {
  const readsNone = lastFile('interactive', '/') === null
  const where = readsNone ? 'in this session' : 'a new window'
  return `In ${name} (${manner === 'login' ? 'a login shell' : where})`
}

function pathCommand(shell: Shell, { home, folder, files, inSession }: FirstOnPath): string {
  const line = shell.pathLine(folder, home)
  const lasting = files.length > 0 ? [shell.append(line, files.map(shown))] : []
  return [...lasting, ...(inSession ? [line] : [])].join(' && ')
}
