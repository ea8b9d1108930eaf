// Checks of the wrapper, of the hooks, and of the shells: what `claude` is in each, what goes before the wrapper, and the line
// that puts it first again.

import { dirname, join } from 'node:path'
import type { Manner, Shell } from '../install/shells/shell.js'
import { hookEvents } from '../install/shipped.js'
import { type Finding, found, ok, pasted, shown, type Words, words } from './check.js'
import type { ClientFacts } from './client.js'
import type { LoginFacts } from './login-facts.js'
import type { ShellFacts, ShellSeen } from './shell-facts.js'

export type Launch = { login: LoginFacts; client: ClientFacts; shells: ShellFacts }

/** Is claude-auth installed here? Then a missing part is a fault, else a note. */
function isInstalled({ client, shells }: Launch): boolean {
  const isFound = Object.values(shells.shells).some(
    ({ login, interactive }) => login.kind === 'wrapper' || interactive.kind === 'wrapper',
  )
  return shells.isOnRecord || client.hooks.length > 0 || shells.link.kind === 'wrapper' || isFound
}

/** The link that install makes, and what came in its place. */
export function wrapper(facts: Launch): Finding | null {
  const { link, shells, wrapper } = facts.shells
  const { path, uid, leadsTo } = link
  if (link.kind === 'wrapper') return ok(wrapperWords.linked(path))
  if (!isInstalled(facts)) return found('note', wrapperWords.notInstalled)
  if (link.kind === 'client') {
    const isYours = uid === facts.login.place.person.uid
    const fix = { do: 'relink', path, target: wrapper } as const
    return found('warn', wrapperWords.overwritten(path), ...(isYours ? [fix] : []))
  }
  if (link.kind === 'dangling') return found('warn', wrapperWords.dangling(path, leadsTo ?? ''))
  // A system install has it in another folder, and what install leaves alone it is put before.
  const isFound = Object.values(shells).some(({ login }) => login.kind === 'wrapper')
  if (link.kind === 'other' && !isFound)
    return link.stays
      ? found('note', wrapperWords.stays(path))
      : found('warn', wrapperWords.replaced(path))
  return isFound ? ok(wrapperWords.elsewhere) : found('warn', wrapperWords.gone)
}

/** Are the hooks there, and do they start something? */
export function hooks(facts: Launch): Finding {
  const { hooks, unread } = facts.client
  if (hooks.length === 0 && unread !== null) return found('note', hookWords.unread(unread))
  if (hooks.length === 0) return found(isInstalled(facts) ? 'warn' : 'note', hookWords.none)
  const missing = hookEvents.filter(event => hooks.every(hook => hook.event !== event))
  if (missing.length > 0) return found('warn', hookWords.missing(missing))
  const dangling = hooks.find(({ canRun }) => !canRun)
  if (dangling) return found('warn', hookWords.dangling(dangling.program, dangling.file))
  return ok(hookWords.good(hooks.some(({ scope }) => scope === 'managed') ? 'managed' : 'user'))
}

/** Managed hooks run even if the user disabled hooks; the user's own need both switches. */
export function hooksPolicy({ hooks, switches }: ClientFacts): Finding | null {
  if (hooks.length === 0) return null
  const isManaged = hooks.some(({ scope }) => scope === 'managed')
  const off = switches.find(({ key, managed }) =>
    key === 'disableAllHooks' ? managed || !isManaged : !isManaged,
  )
  return off ? found('warn', hookWords.off(off.key, off.file, off.managed)) : ok(hookWords.running)
}

/** What doctor says about the wrapper and the hooks. */
const wrapperWords = {
  linked: (path: string) => `The wrapper is at ${shown(path)}.`,
  elsewhere: 'Your shells find the wrapper.',
  notInstalled: words('claude-auth is not installed for your shells.', 'claude-auth install'),
  overwritten: (path: string) =>
    words(
      `Claude's own installer has replaced the wrapper with its link (${shown(path)}).`,
      'claude-auth doctor --fix',
    ),
  dangling: (path: string, leadsTo: string) =>
    words(
      `${shown(path)} points to ${shown(leadsTo)}, which does not exist.`,
      'claude-auth install',
    ),
  replaced: (path: string) =>
    words(`${shown(path)} is no longer the wrapper.`, 'claude-auth install'),
  stays: (path: string) =>
    words(
      `${shown(path)} is the client itself and stays; launches by it are covered by the hooks.`,
    ),
  gone: words('The wrapper is no longer at ~/.local/bin/claude.', 'claude-auth install'),
}

const hookWords = {
  good: (scope: 'managed' | 'user') =>
    scope === 'managed'
      ? 'The hooks are in the managed settings.'
      : 'The hooks are in your settings.',
  none: words('There are no hooks of claude-auth.', 'claude-auth install'),
  /** The checks of the settings tell what is wrong with the file. */
  unread: (file: string) =>
    words(`Whether the hooks are there is unknown: ${shown(file)} is not read.`),
  missing: (events: string[]) =>
    words(`Hooks of claude-auth are missing: ${events.join(', ')}.`, 'claude-auth install'),
  dangling: (program: string, file: string) =>
    words(
      `A hook in ${shown(file)} starts ${shown(program)}, which does not exist.`,
      'claude-auth install',
    ),
  running: 'Nothing disables them.',
  off: (key: string, file: string, isManaged: boolean) =>
    words(
      `${key} in ${shown(file)} disables the hooks of claude-auth.`,
      `${isManaged ? 'sudo ' : ''}vi ${pasted(file)}`,
    ),
}

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
  const order = firstOnPath(facts.shells, facts.login.place.person.home, seen)
  return first.kind === 'other'
    ? shellWords.other(shell, wrong, first.path, order)
    : shellWords.none(shell, wrong, order)
}

/** One command for both manners; what reads no file of its own can be fixed in this session only. */
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
  other: (shell: Shell, manner: Manner, path: string, order: FirstOnPath) =>
    words(
      `${place(shell, manner)}, \`claude\` is ${shown(path)}, found before the wrapper.`,
      pathCommand(shell, order),
    ),
  none: (shell: Shell, manner: Manner, order: FirstOnPath) =>
    words(
      `${place(shell, manner)}, there is no \`claude\`: ${shown(order.folder)} is not on PATH.`,
      pathCommand(shell, order),
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
  late: (shell: string) => words(`${shell} did not answer: check what its start-up files run.`),
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
