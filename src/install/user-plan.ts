// What an installation for one person wants to stand in their home. Pure: from facts to paths and texts.

import { join } from 'node:path'
import { configTemplate } from './config-text.js'
import type { Choices } from './manifest.js'
import type { Shipped } from './shipped.js'
import { link, type Wanted } from './wanted.js'

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
    earlierPrograms: Wanted[]
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
  /** The person has a systemd of their own, and the machine brings no units for it. */
  wantsUnits: boolean
}

export function userManifest(home: string): string {
  return join(home, '.local/state/claude-auth/manifest.json')
}

/** In the order in which it is made: nothing refers to what is not there yet. */
export function userPlan(facts: UserFacts): Wanted[] {
  return [
    ...program(facts),
    ...config(facts),
    ...commands(facts),
    ...units(facts),
    ...client(facts),
  ]
}

function program(facts: UserFacts): Wanted[] {
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

function config(facts: UserFacts): Wanted[] {
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

function commands(facts: UserFacts): Wanted[] {
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

function extrasOf(facts: UserFacts, current: string): Wanted[] {
  const { home, shipped } = facts
  const { completions, manuals } = shipped
  const at = (name: string) => join(current, 'completions', name)
  const place = (path: string[], name: string, target: string) => [
    ...folders(facts, '.local', 'share', ...path),
    link(join(home, '.local/share', ...path, name), target),
  ]
  return [
    ...completions.flatMap(name => {
      if (name.startsWith('_')) return []
      if (name.endsWith('.fish')) return place(['fish', 'vendor_completions.d'], name, at(name))
      return place(['bash-completion', 'completions'], name.replace(/\.bash$/, ''), at(name))
    }),
    ...manuals.flatMap(name => place(['man', 'man1'], name, join(current, 'man', name))),
  ]
}

function units(facts: UserFacts): Wanted[] {
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
function client({ loginFolder, settingsFile, shipped }: UserFacts): Wanted[] {
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
function folders({ home, sharedMode }: UserFacts, ...names: string[]): Wanted[] {
  return names.map((name, at) => ({
    path: join(home, ...names.slice(0, at + 1)),
    make: { kind: 'folder', mode: name === 'claude-auth' ? 0o700 : sharedMode },
  }))
}
