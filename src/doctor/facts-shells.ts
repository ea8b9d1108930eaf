// What `claude` is in each shell of this machine, as a person meets it: the shells themselves are asked.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canRun } from '../host/access.js'
import type { Person } from '../host/person.js'
import { askProgram, plainEnv } from './ask-program.js'
import type { LoginFacts } from './facts-login.js'
import type { Look } from './look.js'
import { isWrapper, lastingFolder, programFolder } from './program.js'
import {
  lastFile,
  type Manner,
  madeAt,
  type ShellFolders,
  type ShellName,
  shellNames,
} from './shell-files.js'
import { type Answer, endOf, question, readAnswer } from './shell-question.js'
import { shellsInUse } from './shells-in-use.js'
import { linkFacts, type WrapperLink } from './wrapper-link.js'

export type Found =
  | { kind: 'wrapper'; path: string }
  | { kind: 'other'; path: string }
  /** Something else than `claude` goes before any program, made in this file of this user's, if it was found. */
  | { kind: 'alias' | 'function'; at: { file: string; line: number } | null }
  | { kind: 'none' | 'late' }

/** What one shell says, and the file of this user's that it reads last. */
export type ShellSeen = Record<Manner, Found> & { lastFile: Record<Manner, string | null> }

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
export async function shellFacts({ place }: LoginFacts, { env }: Look): Promise<ShellFacts> {
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
function loginEnv(shell: string, { home, user }: Person, env: Look['env']): Record<string, string> {
  const { LANG } = env
  const language = LANG === undefined ? {} : { LANG }
  const base = { HOME: home, USER: user, LOGNAME: user, SHELL: shell, TERM: 'dumb' }
  return { ...base, PATH: loginPath, ...language }
}

/** Whoever has never used fish has no folders of its either, and a mere question must not make them. */
function fishFolders(home: string, env: Look['env'], scratch: string): Record<string, string> {
  const used = existsSync(fishConfig(home, env)) ? {} : { XDG_CONFIG_HOME: scratch }
  return { XDG_DATA_HOME: scratch, XDG_CACHE_HOME: scratch, XDG_STATE_HOME: scratch, ...used }
}

function fishConfig(home: string, env: Look['env']): string {
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'fish')
}

/** Start-up files may print, hang, or start another program: what they say is told apart, and time is short. */
async function ask(
  path: string,
  name: ShellName,
  manner: Manner,
  env: Record<string, string>,
): Promise<Answer | null> {
  const flags = manner === 'login' ? '-lc' : name === 'sh' ? '-c' : '-ic'
  const said = await askProgram(path, [flags, question(name)], { env, timeoutMs: answerMs })
  return said.kind === 'ended' ? readAnswer(said.stdout) : null
}

function seenIn(
  name: ShellName,
  home: string,
  env: Look['env'],
  answers: Record<Manner, Answer | null>,
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

function foundIn(answer: Answer | null, name: ShellName, folders: ShellFolders): Found {
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
