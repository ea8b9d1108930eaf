// Checks of the real client: which it is, its first steps, its settings and its folders.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientSettings, settingsFolder } from '../login/client-settings.js'
import { findClient } from '../login/real-client.js'
import { olderWords } from '../login/settings-faults.js'
import { canRead, canRun, statOf } from '../system/access.js'
import { ownFirstEnvironment, strangePlaces } from '../system/environment.js'
import { jsonObject } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import { ownerWords, rightsHint } from '../system/owner.js'
import { askProgram, plainEnv } from '../system/start-program.js'
import { clean } from '../text/clean.js'
import { type ExamineOptions, type Finding, found, ok, pasted, shown, words } from './check.js'
import { type LoginFacts, type PathFacts, pathFacts } from './login-facts.js'

/** The clients that this version was tried with, oldest first. */
export const knownClients = ['2.1.197', '2.1.332'] as const

export function client({ path, version }: ClientFacts): Finding {
  return path === null ? found('fail', clientWords.missing) : ok(clientWords.found(path, version))
}

export function clientVersion({ path, version }: ClientFacts): Finding | null {
  if (path === null) return null
  if (version === null) return found('note', clientWords.noVersion)
  const [oldest, newest] = knownClients
  if (knownClients.some(known => known === version)) return ok(clientWords.known)
  if (isOlder(version, oldest)) return found('warn', clientWords.older(version, oldest))
  return isOlder(newest, version)
    ? found('note', clientWords.newer(version, newest))
    : found('note', clientWords.between(version))
}

function isOlder(one: string, other: string): boolean {
  const [mine, theirs] = [one, other].map(text => text.split('.').map(Number))
  const at = (mine ?? []).findIndex((part, index) => part !== theirs?.[index])
  return at >= 0 && (mine?.[at] ?? 0) < (theirs?.[at] ?? 0)
}

/** The client's first steps: without them `-p` can end without a word. */
export function onboarding({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding | null {
  const path = login.place.paths.clientConfig
  const isSignedIn = login.seen.state.file.kind !== 'missing'
  if (client.onboarding === 'done') return ok(settingsWords.onboarded)
  if (client.onboarding === 'unreadable') return found('fail', settingsWords.configUnreadable(path))
  if (client.onboarding === 'closed') return found('fail', settingsWords.configClosed(path))
  // A first sign-in goes through them anyway.
  if (!isSignedIn) return null
  const words =
    client.onboarding === 'no-config' ? settingsWords.noConfig : settingsWords.notOnboarded
  const isYours = (client.clientConfig?.uid ?? login.place.person.uid) === login.place.person.uid
  return found('warn', words, ...(isYours ? [{ do: 'onboarding', path } as const] : []))
}

/** Other users who may change or read what the client is told. */
export function settingsMode({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding {
  const writable = client.open.find(({ by }) => by === 'write')
  const worst = writable ?? client.open[0]
  if (worst === undefined) return ok(settingsWords.private)
  const isYours = ({ uid }: { uid: number }) => uid === login.place.person.uid
  const words =
    worst.by === 'write'
      ? settingsWords.writable(worst.path, isYours(worst) ? 'you' : worst.uid)
      : settingsWords.readable(worst.path)
  // What others may no longer write they would be found to read next.
  const fixes = client.open
    .filter(isYours)
    .map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & ~0o077 }) as const)
  return found('warn', words, ...fixes)
}

/** Settings that the client can't use: whole files, and entries. */
export function settings({ broken, skipped }: ClientFacts): Finding {
  const [worst] = [...broken].sort((a, b) => Number(b.managed) - Number(a.managed))
  if (worst === undefined) {
    const [entry] = skipped
    return entry
      ? found('warn', settingsWords.skipped(entry, skipped.length - 1))
      : ok(settingsWords.whole)
  }
  const { file, why, managed } = worst
  return managed
    ? found('fail', settingsWords.brokenManaged(file, why))
    : found('warn', settingsWords.broken(file, why))
}

/** Folders in /tmp, which all users share. */
export function clientFolders({ taken }: ClientFacts): Finding {
  const [first] = taken
  return first
    ? found('warn', settingsWords.taken(first.path, first.uid))
    : ok(settingsWords.folders)
}

/** `canRun`: the program it names is there. */
export interface Hook {
  event: string
  scope: 'managed' | 'user'
  file: string
  program: string
  canRun: boolean
}

export interface ClientFacts {
  /** The real client; null where there is none. */
  path: string | null
  /** `2.1.330`; null where it does not say. */
  version: string | null
  /** `unreadable`: there is a config, and it is no JSON object; `closed`: it may not be read. */
  onboarding: 'done' | 'not-done' | 'no-config' | 'unreadable' | 'closed'
  clientConfig: PathFacts | null
  /** Hooks of ours by event, and from where: the managed settings or the user's. */
  hooks: Hook[]
  /** Settings that switch hooks off. */
  switches: { file: string; key: 'disableAllHooks' | 'allowManagedHooksOnly'; managed: boolean }[]
  /** The user's own settings that others may read or write. */
  open: (PathFacts & { by: 'read' | 'write' })[]
  /** A settings file of the user or the machine that was left out; null: none. */
  unread: string | null
  /** Entries of settings that the client skips. */
  skipped: LoginFacts['settings']['skipped']
  /** Settings files that the client can't use, and why. */
  broken: { file: string; why: string; managed: boolean }[]
  /** Folders in /tmp with this user's name that another user owns. */
  taken: PathFacts[]
  /** Variables of this process that don't count, as others could put something where they lead. */
  strange: { name: string; path: string }[]
}

const managedFolder = '/etc/claude-code/'
/** Of the client's own configuration. */
const configMaxBytes = 64 * 1024 * 1024
const answerMs = 10_000

export async function clientFacts(
  { run, place, settings }: LoginFacts,
  { env }: ExamineOptions,
): Promise<ClientFacts> {
  const { paths, person } = place
  const path = findClient(env, run.config.client)
  return {
    path,
    version: path === null ? null : await versionOf(path, env),
    onboarding: place.owned ? onboardingIn(paths.clientConfig) : 'no-config',
    clientConfig: pathFacts(paths.clientConfig),
    hooks: hooksIn(settings),
    switches: settings.sources.flatMap(({ file, scope, ...source }) => {
      const managed = scope === 'managed'
      const keys = managed
        ? (['disableAllHooks', 'allowManagedHooksOnly'] as const)
        : (['disableAllHooks'] as const)
      return keys.filter(key => source[key]).map(key => ({ file, key, managed }))
    }),
    open: openTo(place.owned ? settingsOf(env, paths.clientConfig, person.home) : [], person),
    skipped: settings.skipped,
    unread: settings.notes[0]?.file ?? null,
    // `settings-mode` reports files that others can write.
    broken: settings.notes
      .filter(note => !note.clientReads)
      // Newer clients refuse to start on a file; what is no folder of drop-ins they pass over (2.1.332).
      .map(note => ({
        ...note,
        managed: note.file.startsWith(managedFolder) && note.file.endsWith('.json'),
      })),
    taken: takenFolders(env, run.person.uid),
    strange: strangeVariables(person.uid),
  }
}

function strangeVariables(uid: number): ClientFacts['strange'] {
  const began = ownFirstEnvironment()
  return strangePlaces(began, uid).map(name => ({ name, path: began[name] ?? '' }))
}

/** `--version` touches no login (2.1.197 and 2.1.330). */
async function versionOf(path: string, env: ExamineOptions['env']): Promise<string | null> {
  const said = await askProgram(path, ['--version'], { env: plainEnv(env), timeoutMs: answerMs })
  if (said.kind !== 'ended' || said.code !== 0) return null
  return /^(\d+\.\d+\.\d+)\b/.exec(said.stdout.trim())?.[1] ?? null
}

function onboardingIn(file: string): ClientFacts['onboarding'] {
  if (!existsSync(file)) return 'no-config'
  if (!canRead(file)) return 'closed'
  const config = jsonObject(textAt(file, { maxBytes: configMaxBytes }) ?? '')
  if (config === null) return 'unreadable'
  return config['hasCompletedOnboarding'] === true ? 'done' : 'not-done'
}

/** As install writes them: `<program>/bin/claude-auth hook session-start`, quoted or not. */
const ourHook = /^\s*(?:'([^']+)'|"([^"]+)"|(\S+))\s+hook\s+([a-z-]+)/

function hooksIn({ sources }: LoginFacts['settings']): ClientFacts['hooks'] {
  return sources.flatMap(({ scope, file, hooks }) => {
    if (scope !== 'managed' && scope !== 'user') return []
    return Object.entries(hooks).flatMap(([event, commands]) =>
      commands.flatMap(command => {
        const words = ourHook.exec(command)
        const program = words?.[1] ?? words?.[2] ?? words?.[3] ?? ''
        if (!/(?:^|\/)claude-auth(?:-hook)?$/.test(program)) return []
        // A bare name is for the client's shell to find.
        const isThere = !program.startsWith('/') || canRun(program)
        return [{ event, scope, file, program, canRun: isThere }]
      }),
    )
  })
}

function settingsOf(env: ExamineOptions['env'], clientConfig: string, home: string): string[] {
  const folder = settingsFolder(env, home)
  const names = ['settings.json', 'settings.local.json', 'CLAUDE.md']
  return [...names.map(name => join(folder, name)), clientConfig]
}

/** A file counts as readable only where others get to it. Groups of one's own are no others. */
function openTo(
  files: string[],
  { uid, home }: { uid: number; home: string },
): ClientFacts['open'] {
  return files.flatMap((path): ClientFacts['open'] => {
    const about = pathFacts(path)
    if (about === null) return []
    const { mode } = about
    if (mode & 0o022) return [{ ...about, by: 'write' }]
    const above = [join(path, '..'), home].map(folder => pathFacts(folder)?.mode ?? 0)
    const isReached = above.every(each => (each & 0o001) !== 0)
    const isOwn = about.uid === uid
    return isOwn && mode & 0o004 && isReached ? [{ ...about, by: 'read' }] : []
  })
}

/**
 * The client makes both by itself where they are not there (2.1.197 and 2.1.330). The first user's
 * `cc-socks` is not among them: if another user owns it, the client uses the one with its own uid (2.1.330).
 */
function takenFolders(env: ExamineOptions['env'], uid: number): PathFacts[] {
  const folder = env['CLAUDE_CODE_TMPDIR'] || '/tmp'
  return [`${folder}/claude-${uid}`, `${folder}/cc-socks-${uid}`].flatMap(path => {
    const about = statOf(path)
    return about && about.uid !== uid ? [{ path, uid: about.uid, mode: about.mode & 0o7777 }] : []
  })
}

/** What doctor says about the real client, its settings and its folders. */
const clientWords = {
  found: (path: string, version: string | null) =>
    `The real client is ${shown(path)}${version === null ? '' : ` (${clean(version, 30)})`}.`,
  missing: words(
    'Claude Code is not installed here, or only our wrapper is found.',
    'npm install -g @anthropic-ai/claude-code',
  ),
  known: 'This version was tested with claude-auth.',
  noVersion: words('The client does not report its version.'),
  newer: (version: string, known: string) =>
    words(
      `Client ${clean(version, 30)} is newer than what claude-auth was tested with (${known}).`,
    ),
  older: (version: string, known: string) =>
    words(
      `Client ${clean(version, 30)} is older than what claude-auth was tested with (${known}).`,
      'claude update',
    ),
  between: (version: string) =>
    words(`Client ${clean(version, 30)} was not tested itself, but older and newer ones were.`),
}

const settingsWords = {
  onboarded: 'The client is set up.',
  notOnboarded: words(
    "The client's onboarding is not marked as done: `claude -p` can exit without output.",
    'claude-auth doctor --fix',
  ),
  noConfig: words(
    'The client has no configuration yet: `claude -p` can exit without output.',
    'claude-auth doctor --fix',
  ),
  configUnreadable: (file: string) =>
    words(`${shown(file)} is not a JSON object: the client starts over.`, `ls -l ${pasted(file)}`),
  configClosed: (file: string) =>
    words(
      `${shown(file)} is closed to you, so the client can't use it.`,
      rightsHint(file, 'EACCES') ?? `chmod u+rw ${pasted(file)}`,
    ),
  private: "Only you can change the client's settings and instructions.",
  writable: (file: string, owner: 'you' | number) =>
    words(
      `Others may write ${shown(file)}, and so run programs as you.`,
      owner === 'you'
        ? `chmod go-rwx ${pasted(file)}`
        : owner === 0
          ? `sudo chmod go-w ${pasted(file)}`
          : `ls -l ${pasted(file)}`,
    ),
  readable: (file: string) =>
    words(`Others may read ${shown(file)}.`, `chmod go-rwx ${pasted(file)}`),
  whole: "The client's settings can be read.",
  broken: (file: string, why: string) =>
    words(`${shown(file)} ${clean(why, 100)}: the client ignores it.`, `vi ${pasted(file)}`),
  skipped: ({ file, line, why, older }: ClientSettings['skipped'][number], more: number) =>
    words(
      `${shown(file)} ${clean(why, 100)} (line ${line}): the client skips it${olderWords(older)}${more > 0 ? ` (and ${more} more)` : ''}.`,
      `vi +${line} ${pasted(file)}`,
    ),
  brokenManaged: (file: string, why: string) =>
    words(
      `${shown(file)} ${clean(why, 100)}: the client refuses to start.`,
      `sudo vi ${pasted(file)}`,
    ),
  folders: "No other user owns the client's folders in /tmp.",
  taken: (path: string, uid: number) =>
    words(
      `${shown(path)}, which the client uses, ${ownerWords(uid)}.`,
      `sudo rm -r ${pasted(path)}`,
    ),
}
