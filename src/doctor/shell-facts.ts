// What `claude` is in each shell of this machine, as a person meets it: the shells themselves are asked.

import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { linkStays } from '../install/user-plan.js'
import { canRun } from '../system/access.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import type { Person } from '../system/person.js'
import type { ExamineOptions } from './check.js'
import type { LoginFacts } from './login-facts.js'
import { askProgram, isWrapper, lastingFolder, plainEnv, programFolder } from './programs.js'
import {
  endOf,
  lastFile,
  type Manner,
  madeAt,
  question,
  readAnswer,
  type ShellAnswer,
  type ShellFolders,
  type ShellName,
  shellNames,
} from './shell-question.js'

export type ClaudeInShell =
  | { kind: 'wrapper'; path: string }
  | { kind: 'other'; path: string }
  /** Something else than `claude` goes before any program, made in this file of this user's, if it was found. */
  | { kind: 'alias' | 'function'; at: { file: string; line: number } | null }
  | { kind: 'none' | 'late' }

/** What one shell says, and the file of this user's that it reads last. */
export type ShellSeen = Record<Manner, ClaudeInShell> & { lastFile: Record<Manner, string | null> }

export interface ShellFacts {
  shells: Partial<Record<ShellName, ShellSeen>>
  /** Those that this user uses. */
  inUse: ShellName[]
  link: WrapperLink
  /** The wrapper of this program. */
  wrapper: string
  /** Somebody has run install, for this user or the machine. */
  hasManifest: boolean
}

/** Where install writes down what it did. */
const ownManifest = '.local/state/claude-auth/manifest.json'
const systemManifest = '/var/lib/claude-auth/manifest.json'
const answerMs = 15_000
const loginPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Starts each installed shell twice, with its start-up files, for 15 s at most; none where the home is not this user's. */
export async function shellFacts(
  { place }: LoginFacts,
  { env }: ExamineOptions,
): Promise<ShellFacts> {
  const { person, owned } = place
  const installed = owned ? shellNames.flatMap(name => programOf(name)) : []
  const scratch = mkdtempSync(join(tmpdir(), 'claude-auth-doctor-'))
  const answers = await Promise.all(
    installed.map(async ({ name, path }) => {
      const kept = name === 'fish' ? fishFolders(person.home, env, scratch) : {}
      const [login, interactive] = await Promise.all([
        ask(path, name, 'login', { ...loginEnv(path, person, env), ...kept }),
        ask(path, name, 'interactive', { ...plainEnv(env), TERM: 'dumb', ...kept }),
      ])
      return [name, seenIn(name, person.home, env, { login, interactive })] as const
    }),
  ).finally(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))
  return {
    shells: Object.fromEntries(answers),
    inUse: shellsInUse(env, {
      home: person.home,
      fish: fishConfig(person.home, env),
      zsh: env['ZDOTDIR'] || person.home,
    }),
    link: linkFacts(join(person.home, '.local/bin/claude'), env),
    wrapper: join(lastingFolder(programFolder()), 'bin/claude'),
    hasManifest: [join(person.home, ownManifest), systemManifest].some(path => existsSync(path)),
  }
}

function programOf(name: ShellName): { name: ShellName; path: string }[] {
  const path = ['/bin', '/usr/bin', '/usr/local/bin'].map(folder => join(folder, name)).find(canRun)
  return path === undefined ? [] : [{ name, path }]
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

/** Whoever has never used fish has no folders of its either, and a mere question must not make them. */
function fishFolders(
  home: string,
  env: ExamineOptions['env'],
  scratch: string,
): Record<string, string> {
  const used = existsSync(fishConfig(home, env)) ? {} : { XDG_CONFIG_HOME: scratch }
  return { XDG_DATA_HOME: scratch, XDG_CACHE_HOME: scratch, XDG_STATE_HOME: scratch, ...used }
}

function fishConfig(home: string, env: ExamineOptions['env']): string {
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'fish')
}

/** Start-up files may print, hang, or start another program: what they say is told apart, and time is short. */
async function ask(
  path: string,
  name: ShellName,
  manner: Manner,
  env: Record<string, string>,
): Promise<ShellAnswer | null> {
  const flags = manner === 'login' ? '-lc' : name === 'sh' ? '-c' : '-ic'
  const said = await askProgram(path, [flags, question(name)], { env, timeoutMs: answerMs })
  return said.kind === 'ended' ? readAnswer(said.stdout) : null
}

function seenIn(
  name: ShellName,
  home: string,
  env: ExamineOptions['env'],
  answers: Record<Manner, ShellAnswer | null>,
): ShellSeen {
  const of = (manner: Manner) => {
    const answer = answers[manner]
    const fish = fishConfig(home, manner === 'login' ? {} : env)
    const folders = { home, fish, zsh: answer?.zdotdir || home }
    return { found: foundIn(answer, name, folders), file: lastFile(name, manner, folders) }
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
  name: ShellName,
  folders: ShellFolders,
): ClaudeInShell {
  if (answer === null) return { kind: 'late' }
  const { kind, text } = answer
  const isBefore = kind === 'alias' || kind === 'function'
  const path = isBefore ? endOf(answer, folders.home) : text
  if (path === null && isBefore) return { kind, at: madeAt(name, folders) }
  if (path === null || path === '') return { kind: 'none' }
  if (isWrapper(path)) return { kind: 'wrapper', path }
  // An alias for another program is the alias's doing, not that of PATH.
  const isItself = !isBefore || path === answer.below
  return isItself ? { kind: 'other', path } : { kind, at: madeAt(name, folders) }
}

// The link that install makes for the wrapper, and what stands in its place.

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
  const about = lstatSync(path, { throwIfNoEntry: false })
  const stays = linkStays(path, env) !== null
  if (about === undefined) return { path, uid: null, kind: 'none', leadsTo: null, stays }
  const { uid } = about
  const leadsTo = about.isSymbolicLink() ? readlinkSync(path) : null
  if (isWrapper(path)) return { path, uid, kind: 'wrapper', leadsTo, stays }
  if (leadsTo === null) return { path, uid, kind: 'other', leadsTo, stays }
  if (!canRun(path)) return { path, uid, kind: 'dangling', leadsTo, stays }
  const isClients = /\/(?:\.local\/share\/claude\/versions|\.claude\/local)\//.test(leadsTo)
  return { path, uid, kind: isClients ? 'client' : 'other', leadsTo, stays }
}

// Which of the shells on this machine this user uses: what is wrong in another one is no trouble of theirs.

const maxBytes = 256 * 1024

/**
 * `sh`, which scripts use for everybody; the login shell; the one that this run was started from; and any with
 * start-up files or a history of this user's own.
 */
function shellsInUse(env: Env, folders: ShellFolders): ShellName[] {
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
