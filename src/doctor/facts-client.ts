// The client beside the login: which one it is, its own settings, hooks and folders.

import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { canRun } from '../host/access.js'
import { findClient } from '../host/client.js'
import { settingsFolder } from '../host/client-settings.js'
import { jsonObject } from '../host/json.js'
import { textAt } from '../host/open-file.js'
import { askProgram, plainEnv } from './ask-program.js'
import { type LoginFacts, type PathFacts, pathFacts } from './facts-login.js'
import type { Look } from './look.js'

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
  /** `unreadable`: there is a config, and it is no JSON object. */
  onboarding: 'done' | 'not-done' | 'no-config' | 'unreadable'
  clientConfig: PathFacts | null
  /** Hooks of ours by event, and from where: the managed settings or the user's. */
  hooks: Hook[]
  /** Settings that switch hooks off. */
  switches: { file: string; key: 'disableAllHooks' | 'allowManagedHooksOnly'; managed: boolean }[]
  /** The user's own settings that others may read or write. */
  open: (PathFacts & { by: 'read' | 'write' })[]
  /** A file of the user's or the machine's settings that was left out, whyever; null: none. */
  unread: string | null
  /** Entries of settings that the client skips. */
  skipped: LoginFacts['settings']['skipped']
  /** Settings files that the client can't use, and why. */
  broken: { file: string; why: string; managed: boolean }[]
  /** Folders in /tmp that are named after this user, owned by somebody else. */
  taken: PathFacts[]
}

const managedFolder = '/etc/claude-code/'
/** Of the client's own configuration. */
const configMaxBytes = 64 * 1024 * 1024
const answerMs = 10_000

export async function clientFacts(
  { run, place, settings }: LoginFacts,
  { env }: Look,
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
    // What others can write, `settings-mode` tells.
    broken: settings.notes
      .filter(note => !note.clientReads)
      .map(note => ({ ...note, managed: note.file.startsWith(managedFolder) })),
    taken: takenFolders(env, run.person.uid),
  }
}

/** `--version` touches no login (2.1.197 and 2.1.330). */
async function versionOf(path: string, env: Look['env']): Promise<string | null> {
  const said = await askProgram(path, ['--version'], { env: plainEnv(env), timeoutMs: answerMs })
  if (said.kind !== 'ended' || said.code !== 0) return null
  return /^(\d+\.\d+\.\d+)\b/.exec(said.stdout.trim())?.[1] ?? null
}

function onboardingIn(file: string): ClientFacts['onboarding'] {
  if (!existsSync(file)) return 'no-config'
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

function settingsOf(env: Look['env'], clientConfig: string, home: string): string[] {
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
 * `cc-socks` is none of them: beside somebody else's it takes the one of its own name (2.1.330).
 */
function takenFolders(env: Look['env'], uid: number): PathFacts[] {
  const folder = env['CLAUDE_CODE_TMPDIR'] || '/tmp'
  return [`${folder}/claude-${uid}`, `${folder}/cc-socks-${uid}`].flatMap(path => {
    const about = lstatSync(path, { throwIfNoEntry: false })
    return about && about.uid !== uid ? [{ path, uid: about.uid, mode: about.mode & 0o7777 }] : []
  })
}
