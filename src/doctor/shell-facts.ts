// What `claude` is in each shell of this machine, as a person meets it: the shells themselves are asked.

import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import {
  type AnswerPart,
  type Manner,
  mark,
  programOf,
  type Shell,
} from '../install/shells/shell.js'
import { shells } from '../install/shells/table.js'
import { linkStays } from '../install/user-plan.js'
import { canRun, statOf } from '../system/access.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { processStat } from '../system/processes.js'
import { installedFor, isWrapper, lastingFolder, ownRoot } from '../system/program-places.js'
import { askProgram, plainEnv } from '../system/start-program.js'
import type { Person } from '../system/users.js'
import type { ExamineOptions } from './check.js'
import type { LoginFacts } from './login-facts.js'

export type ClaudeInShell =
  | { kind: 'wrapper'; path: string }
  | { kind: 'other'; path: string }
  /** Something else than `claude` goes before any program, made in this file of this user's, if it was found. */
  | { kind: 'alias' | 'function'; at: { file: string; line: number } | null }
  | { kind: 'none' | 'late' }

/** What one shell says, and the file of this user's that it reads last. */
export type ShellSeen = Record<Manner, ClaudeInShell> & { lastFile: Record<Manner, string | null> }

export interface ShellFacts {
  /** By the name of the shell; those that are installed. */
  shells: Record<string, ShellSeen>
  /** The names of those that this user uses. */
  inUse: string[]
  link: WrapperLink
  /** The wrapper of this program. */
  wrapper: string
  /** An installation is on record, for this user or the machine. */
  isOnRecord: boolean
}

const answerMs = 15_000
const loginPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Starts each installed shell twice, with its start-up files, for 15 s at most; none where the home is not this user's. */
export async function shellFacts(
  { place }: LoginFacts,
  { env }: ExamineOptions,
): Promise<ShellFacts> {
  const { person, owned } = place
  const installed = (owned ? shells : []).flatMap(shell => {
    const path = programOf(shell, env)
    return path === null ? [] : [{ shell, path }]
  })
  const scratch = mkdtempSync(join(tmpdir(), 'claude-auth-doctor-'))
  const answers = await Promise.all(
    installed.map(async ({ shell, path }) => {
      const isUsed = existsSync(shell.folder(person.home, env))
      const quiet = shell.quietEnv?.(scratch, isUsed) ?? {}
      const [login, interactive] = await Promise.all([
        ask(path, shell.ask('login'), { ...loginEnv(path, person, env), ...quiet }),
        ask(path, shell.ask('interactive'), { ...plainEnv(env), TERM: 'dumb', ...quiet }),
      ])
      return [shell.name, seenIn(shell, person.home, env, { login, interactive })] as const
    }),
  ).finally(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))
  return {
    shells: Object.fromEntries(answers),
    inUse: shellsInUse(env, person.home),
    link: linkFacts(join(person.home, '.local/bin/claude'), env),
    wrapper: join(lastingFolder(ownRoot()), 'bin/claude'),
    isOnRecord: Object.values(installedFor(person.home)).includes(true),
  }
}

/** As sshd and login(1) leave it. */
function loginEnv(
  shell: string,
  { home, user }: Person,
  env: ExamineOptions['env'],
): Record<string, string> {
  const { LANG } = env
  const language = LANG === undefined ? {} : { LANG }
  const base = { HOME: home, USER: user, LOGNAME: user, SHELL: shell, TERM: 'dumb' }
  return { ...base, PATH: loginPath, ...language }
}

/** Start-up files may print, hang, or start another program: their output is separated from ours, and time is limited. */
async function ask(
  path: string,
  args: string[],
  env: Record<string, string>,
): Promise<ShellAnswer | null> {
  const said = await askProgram(path, args, { env, timeoutMs: answerMs })
  return said.kind === 'ended' ? readAnswer(said.stdout) : null
}

function seenIn(
  shell: Shell,
  home: string,
  env: ExamineOptions['env'],
  answers: Record<Manner, ShellAnswer | null>,
): ShellSeen {
  const of = (manner: Manner) => {
    const answer = answers[manner]
    const folder = answer?.folder || shell.folder(home, manner === 'login' ? {} : env)
    return { found: foundIn(answer, shell, home, folder), file: shell.lastFile(manner, folder) }
  }
  const [login, interactive] = [of('login'), of('interactive')]
  return {
    login: login.found,
    interactive: interactive.found,
    lastFile: { login: login.file, interactive: interactive.file },
  }
}

function foundIn(
  answer: ShellAnswer | null,
  shell: Shell,
  home: string,
  folder: string,
): ClaudeInShell {
  if (answer === null) return { kind: 'late' }
  const { kind, text } = answer
  const isBefore = kind === 'alias' || kind === 'function'
  const path = isBefore ? endOf(answer, home) : text
  if (path === null && isBefore) return { kind, at: definedAt(shell, folder) }
  if (path === null || path === '') return { kind: 'none' }
  if (isWrapper(path)) return { kind: 'wrapper', path }
  // An alias for another program is the alias's doing, not that of PATH.
  const isItself = !isBefore || path === answer.below
  return isItself ? { kind: 'other', path } : { kind, at: definedAt(shell, folder) }
}

/** `~/.local/bin/claude`, where install puts its link. */
interface WrapperLink {
  path: string
  uid: number | null
  /** `client`: a link into the client's own versions, as its old installer makes it. */
  kind: 'wrapper' | 'client' | 'dangling' | 'other' | 'none'
  leadsTo: string | null
  /** Install would leave it as it is. */
  stays: boolean
}

/** Looks at `path`, whatever is there. */
function linkFacts(path: string, env: ExamineOptions['env']): WrapperLink {
  const about = statOf(path)
  const stays = linkStays(path, env) !== null
  if (about === null) return { path, uid: null, kind: 'none', leadsTo: null, stays }
  const { uid } = about
  const leadsTo = about.isSymbolicLink() ? readlinkSync(path) : null
  if (isWrapper(path)) return { path, uid, kind: 'wrapper', leadsTo, stays }
  if (leadsTo === null) return { path, uid, kind: 'other', leadsTo, stays }
  if (!canRun(path)) return { path, uid, kind: 'dangling', leadsTo, stays }
  const isClients = /\/(?:\.local\/share\/claude\/versions|\.claude\/local)\//.test(leadsTo)
  return { path, uid, kind: isClients ? 'client' : 'other', leadsTo, stays }
}

const maxBytes = 256 * 1024

/**
 * The names of those that scripts use for everybody; the login shell; the one that this run was started from; and any
 * with start-up files or a history of this user's own.
 */
function shellsInUse(env: Env, home: string): string[] {
  const named = [loginShell(), env['SHELL'] ?? '', ...ancestors()].map(path => basename(path))
  return shells
    .filter(shell => named.includes(shell.program) || hasTraces(shell, env, home))
    .map(({ name }) => name)
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

function parentOf(pid: number): number {
  return Number(processStat(pid)?.[1] ?? 0)
}

/** A file as every new user gets it says nothing. */
function hasTraces({ traces, folder }: Shell, env: Env, home: string): boolean {
  if (traces === null) return true
  const data = env['XDG_DATA_HOME'] || join(home, '.local/share')
  if (traces.inData.some(file => existsSync(join(data, file)))) return true
  return traces.inFolder.some(file => {
    const path = join(folder(home, env), file)
    return existsSync(path) && !isAsInSkel(path, file)
  })
}

function isAsInSkel(path: string, file: string): boolean {
  const given = textAt(join('/etc/skel', file), { maxBytes })
  return given !== null && given === textAt(path, { maxBytes })
}

/** What `claude` is in a shell, before any path is looked at. */
export interface ShellAnswer {
  kind: 'program' | 'alias' | 'function' | 'none'
  /** Of a program its path, of an alias its command, of a function its text where the shell tells it. */
  text: string
  /** The program found where neither alias nor function goes before it; empty for none. */
  below: string
  /** Where the shell has its start-up files, if it says so. */
  folder: string
}

/** Null where the shell came to no end. What start-up files print before is passed over. */
export function readAnswer(stdout: string): ShellAnswer | null {
  const [, ...parts] = `\n${stdout}`.split(mark)
  const said: Partial<Record<AnswerPart, string>> = Object.fromEntries(
    parts.map(part => {
      const at = part.indexOf('--')
      return [part.slice(0, at), part.slice(at + 2).trim()]
    }),
  )
  if (said.end === undefined) return null
  const { is = '', text = '', below = '', folder = '' } = said
  const more = { below, folder }
  if (is === '') return { kind: 'none', text: '', ...more }
  if (is.startsWith('/')) return { kind: 'program', text: is, ...more }
  const alias = /^alias (?:-- )?claude=([\s\S]*)$/.exec(is)?.[1]
  if (alias === undefined) return { kind: 'function', text, ...more }
  return { kind: 'alias', text: unquoted(alias), ...more }
}

/**
 * The program that an alias or function ends in, as far as can be told: `claude` itself with more arguments is
 * the one below, a path in the home or from the root is that. Null: whatever it does, it is something else.
 */
export function endOf({ kind, text, below }: ShellAnswer, home: string): string | null {
  if (kind === 'function') return /\bcommand\s+claude\b/.test(text) ? below : null
  const words = text.split(/\s+/).filter(word => word !== 'command' && !/^\w+=/.test(word))
  const [first = ''] = words
  if (first === 'claude') return below
  const path = first.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
  return path.startsWith('/') ? path : null
}

/** As all these shells quote an alias: in single quotes, or not at all where it is one plain word. */
function unquoted(text: string): string {
  const whole = /^'([\s\S]*)'$/.exec(text)?.[1] ?? text
  return whole.replaceAll("'\\''", "'").trim()
}

/** More than a person writes by hand. */
const mostOfStartFile = 1024 * 1024

/** Where an alias or function named claude is defined, by file and line from 1; null where that is outside the usual files. */
function definedAt(
  { definitions, definesClaude }: Shell,
  folder: string,
): { file: string; line: number } | null {
  for (const file of definitions.map(each => join(folder, each))) {
    const lines = (textAt(file, { maxBytes: mostOfStartFile }) ?? '').split('\n')
    const line = lines.findLastIndex(definesClaude) + 1
    if (line > 0) return { file, line }
  }
  return null
}
