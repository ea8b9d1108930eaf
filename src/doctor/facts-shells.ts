// What `claude` is in each shell of this machine, as a person meets it: the shells themselves are asked.

import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Person } from '../host/person.js'
import { askProgram, plainEnv } from './ask-program.js'
import type { LoginFacts } from './facts-login.js'
import type { Look } from './look.js'
import { canRun, isWrapper, lastingFolder, programFolder } from './program.js'

export const shellNames = ['bash', 'zsh', 'fish', 'sh'] as const
export type ShellName = (typeof shellNames)[number]

/** `login`: as over SSH. `interactive`: as a new window of this session. */
export type Manner = 'login' | 'interactive'

export type Found =
  | { kind: 'wrapper'; path: string }
  | { kind: 'other'; path: string }
  /** An alias or function goes before any program. */
  | { kind: 'alias' }
  | { kind: 'none' | 'late' }

export interface ShellFacts {
  shells: Partial<Record<ShellName, Record<Manner, Found>>>
  /** `~/.local/bin/claude`, where install puts its link. */
  link: {
    path: string
    uid: number | null
    /** `client`: a link into the client's own versions, as its old installer makes it. */
    kind: 'wrapper' | 'client' | 'dangling' | 'other' | 'none'
    leadsTo: string | null
  }
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
const begin = '--claude-auth--'
/** Of a function `command -v` prints the bare name, of an alias its text; in fish it sees programs only. */
const questions = {
  posix: `printf '\\n${begin}%s\\n' "$(command -v claude)"`,
  fish: `functions -q claude; and printf '\\n${begin}function\\n'; or printf '\\n${begin}%s\\n' (command -v claude)`,
}

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
      return [name, { login, interactive }] as const
    }),
  ).finally(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))
  return {
    shells: Object.fromEntries(answers),
    link: linkFacts(join(person.home, '.local/bin/claude')),
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
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  const used = existsSync(join(config, 'fish')) ? {} : { XDG_CONFIG_HOME: scratch }
  return { XDG_DATA_HOME: scratch, XDG_CACHE_HOME: scratch, XDG_STATE_HOME: scratch, ...used }
}

/** Start-up files may print, hang, or start another program: what they say is told apart, and time is short. */
async function ask(
  path: string,
  name: ShellName,
  manner: Manner,
  env: Record<string, string>,
): Promise<Found> {
  const flags = manner === 'login' ? '-lc' : name === 'sh' ? '-c' : '-ic'
  const question = questions[name === 'fish' ? 'fish' : 'posix']
  const said = await askProgram(path, [flags, question], { env, timeoutMs: answerMs })
  if (said.kind !== 'ended') return { kind: 'late' }
  const line = said.stdout.split('\n').find(each => each.startsWith(begin))
  if (line === undefined) return { kind: 'late' }
  return foundIn(line.slice(begin.length).trim())
}

function foundIn(words: string): Found {
  if (words === '') return { kind: 'none' }
  if (!words.startsWith('/')) return { kind: 'alias' }
  return { kind: isWrapper(words) ? 'wrapper' : 'other', path: words }
}

function linkFacts(path: string): ShellFacts['link'] {
  const about = lstatSync(path, { throwIfNoEntry: false })
  if (about === undefined) return { path, uid: null, kind: 'none', leadsTo: null }
  const { uid } = about
  const leadsTo = about.isSymbolicLink() ? readlinkSync(path) : null
  if (isWrapper(path)) return { path, uid, kind: 'wrapper', leadsTo }
  if (leadsTo === null) return { path, uid, kind: 'other', leadsTo }
  if (!canRun(path)) return { path, uid, kind: 'dangling', leadsTo }
  const isClients = /\/(?:\.local\/share\/claude\/versions|\.claude\/local)\//.test(leadsTo)
  return { path, uid, kind: isClients ? 'client' : 'other', leadsTo }
}
