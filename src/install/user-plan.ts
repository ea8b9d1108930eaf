// The desired state of an installation for one person, and the facts of their home that it depends on.

import { existsSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LoginContext } from '../engine/login-context.js'
import { settingsFolder } from '../login/client-settings.js'
import { findClient } from '../login/real-client.js'
import { statOf } from '../system/access.js'
import { type Env, ownPaths } from '../system/paths.js'
import { ownRoot, personProgram } from '../system/program-places.js'
import { type Desired, link } from './desired-state.js'
import type { Choices, Manifest } from './manifest.js'
import { chooseProgram } from './program.js'
import { programOf } from './shells/shell.js'
import { completingShells, shells } from './shells/table.js'
import { readShipped, type Shipped } from './shipped.js'
import { configTemplate, systemProgram } from './system-plan.js'

export interface UserFacts {
  home: string
  /** Where the program stands: the machine's, or one in the home. */
  program: string
  /** The copy to be made in the home; null where the machine has one. */
  copy: {
    from: string
    name: string
    print: string
    node: string
    earlierPrograms: Desired[]
  } | null
  shipped: Shipped
  choices: Choices
  configFile: string
  loginFolder: string
  /** The client's settings, behind any link. */
  settingsFile: string
  /** The mode of a new folder that is not ours alone (`~/.local`). */
  sharedMode: number
  /** Why `~/.local/bin/claude` has to stay what it is; null where it becomes the wrapper. */
  linkStays: string | null
  /** For shells that do not inherit PATH from a login. */
  shellFiles: Desired[]
  /** The person has a systemd of their own, and the machine brings no units for it. */
  wantsUnits: boolean
}

export function userManifest(home: string): string {
  return join(home, '.local/state/claude-auth/manifest.json')
}

/** In the order in which it is made: nothing refers to what is not there yet. */
export function userPlan(facts: UserFacts): Desired[] {
  return [
    ...program(facts),
    ...config(facts),
    ...commands(facts),
    ...facts.shellFiles.flatMap(each => [...foldersTo(facts, each.path), each]),
    ...units(facts),
    ...client(facts),
  ]
}

function program(facts: UserFacts): Desired[] {
  const { program, copy } = facts
  if (copy === null) return []
  const { from, name, print, node, earlierPrograms } = copy
  return [
    ...folders(facts, '.local', 'lib', 'claude-auth'),
    ...earlierPrograms,
    { path: join(program, name), make: { kind: 'program', from, node, print } },
    link(join(program, 'current'), name),
  ]
}

function config(facts: UserFacts): Desired[] {
  const { home, configFile, choices } = facts
  const part = { in: 'config', custody: choices.custody } as const
  const whenAbsent = configTemplate(null, choices.custody, 'person')
  const own = join(home, '.config/claude-auth')
  return [
    ...folders(facts, '.config', 'claude-auth'),
    { path: own, make: { kind: 'mode', mode: 0o700 } },
    { path: configFile, make: { kind: 'part', part, whenAbsent, mode: 0o600 } },
  ]
}

function commands(facts: UserFacts): Desired[] {
  const { home, program, linkStays, copy } = facts
  const bin = join(program, 'current/bin')
  const current = join(program, 'current')
  const stays = 'is there already and stays'
  const own = ['claude-auth', 'claude-wrap'].map(name =>
    link(join(home, '.local/bin', name), join(bin, name), stays),
  )
  const wrapper = join(home, '.local/bin/claude')
  const extras = copy === null ? [] : extrasOf(facts, current)
  return [
    ...folders(facts, '.local', 'bin'),
    ...own,
    link(wrapper, join(bin, 'claude'), linkStays ?? undefined),
    ...extras,
  ]
}

function extrasOf(facts: UserFacts, current: string): Desired[] {
  const { home, shipped } = facts
  const place = (inShare: string, target: string) => [
    ...folders(facts, '.local', 'share', ...inShare.split('/').slice(0, -1)),
    link(join(home, '.local/share', inShare), target),
  ]
  const completions = completingShells
    .map(({ completion }) => completion)
    .filter(each => each.isForPerson && shipped.completions.includes(each.shipped))
  return [
    ...completions.flatMap(each => place(each.inShare, join(current, 'completions', each.shipped))),
    ...shipped.manuals.flatMap(name => place(`man/man1/${name}`, join(current, 'man', name))),
  ]
}

function units(facts: UserFacts): Desired[] {
  const { home, wantsUnits, shipped } = facts
  if (!wantsUnits) return []
  const place = join(home, '.config/systemd/user')
  return shipped.userUnits.flatMap(({ name, text, wantedBy }) => [
    ...folders(facts, '.config', 'systemd', 'user'),
    { path: join(place, name), make: { kind: 'file', text, mode: 0o644 } } as const,
    ...wantedBy.flatMap(target => [
      ...folders(facts, '.config', 'systemd', 'user', `${target}.wants`),
      link(join(place, `${target}.wants`, name), join(place, name)),
    ]),
  ])
}

/** Last: from here on every session calls the hooks. */
function client({ loginFolder, settingsFile, shipped }: UserFacts): Desired[] {
  return [
    { path: loginFolder, make: { kind: 'folder', mode: 0o700 } },
    { path: loginFolder, make: { kind: 'mode', mode: 0o700 } },
    { path: join(loginFolder, '.credentials.json'), make: { kind: 'mode', mode: 0o600 } },
    {
      path: settingsFile,
      make: {
        kind: 'part',
        part: { in: 'settings', hooks: shipped.hooks },
        whenAbsent: shipped.settings,
        mode: 0o600,
      },
    },
  ]
}

/** Ours are private; those that other programs use as well are as these make them. */
function folders({ home, sharedMode }: UserFacts, ...names: string[]): Desired[] {
  return names.map((name, at) => ({
    path: join(home, ...names.slice(0, at + 1)),
    make: { kind: 'folder', mode: name === 'claude-auth' ? 0o700 : sharedMode },
  }))
}

/** Those that lead to `path` in the home; of a place elsewhere only the last. */
function foldersTo(facts: UserFacts, path: string): Desired[] {
  const { home, sharedMode } = facts
  const folder = dirname(path)
  if (folder.startsWith(`${home}/`))
    return folders(facts, ...folder.slice(home.length + 1).split('/'))
  return [{ path: folder, make: { kind: 'folder', mode: sharedMode } }]
}

/** Throws `usage` where the person's files are such that nothing should be changed. */
export function userFacts(
  place: LoginContext,
  env: Env,
  { version, choices }: { version: string; choices: Choices },
  manifest: Manifest | null,
): UserFacts {
  const { home, uid } = place.person
  const forAll = existsSync(join(systemProgram, 'current/bin/claude'))
  const own = personProgram(home)
  const program = forAll ? systemProgram : own
  const copy = forAll
    ? null
    : chooseProgram({ program: own, path: own, version, forAll: false }, manifest)
  const stays = linkStays(join(home, '.local/bin/claude'), env)
  return {
    home,
    program,
    copy,
    shipped: readShipped(ownRoot(), join(program, 'current')),
    choices,
    configFile: ownPaths(env, home).userConfig,
    loginFolder: place.paths.folder,
    settingsFile: settingsBehind(join(settingsFolder(env, home), 'settings.json')),
    sharedMode: 0o755 & ~process.umask(),
    linkStays: stays,
    shellFiles: shells.flatMap(
      shell =>
        shell.personFiles?.(
          stays === null ? join(home, '.local/bin') : join(program, 'current/bin'),
          {
            home,
            env,
            isHere: programOf(shell, env) !== null,
          },
        ) ?? [],
    ),
    wantsUnits:
      existsSync(`/run/user/${uid}/systemd/private`) &&
      !existsSync('/etc/systemd/user/claude-auth.timer'),
  }
}

/** Settings may be a link into a folder that is kept elsewhere; the file there is edited then. */
function settingsBehind(path: string): string {
  if (statOf(path)?.isSymbolicLink() !== true) return path
  try {
    return realpathSync.native(path)
  } catch {
    // It leads to nothing.
    return path
  }
}

/**
 * Why `path` would not become the wrapper; null where it would: a link does if the client behind it is found
 * without it, a program never does.
 */
export function linkStays(path: string, env: Env): string | null {
  const seen = statOf(path)
  if (!seen) return null
  const stays = 'is the client itself and stays; launches by it are covered by the hooks'
  if (!seen.isSymbolicLink()) return stays
  if (readlinkSync(path).endsWith('/current/bin/claude') || !existsSync(path)) return null
  const elsewhere = (env['PATH'] ?? '').split(':').filter(each => join(each, 'claude') !== path)
  const client = findClient({ ...env, PATH: elsewhere.join(':') }, null)
  return client === null || join(dirname(client), 'claude') === path ? stays : null
}
