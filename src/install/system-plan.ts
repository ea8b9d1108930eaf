// The desired state of an installation for all users. Pure: from facts to paths and texts.

import { join } from 'node:path'
import { annotatedConfig } from '../config/source.js'
import { machineEnvironment, machineProgram } from '../system/program-places.js'
import { type Desired, file, folder, link, withFolders } from './desired-state.js'
import { type Custody, custodyLines, withCustody } from './edit.js'
import type { Choices } from './manifest.js'
import { completingShells, shells } from './shells/table.js'
import type { Shipped, Unit } from './shipped.js'

/** Where the program stands, once for all users. */
export const systemProgram = machineProgram
export const systemManifest = '/var/lib/claude-auth/manifest.json'
export const systemConfig = '/etc/claude-auth/config.yaml'

/** What is there already, as far as the plan depends on it. */
export interface SystemFacts {
  /** The package to copy, the folder's name for it, and the folder in use until now. */
  from: string
  name: string
  print: string
  node: string
  earlierPrograms: Desired[]
  shipped: Shipped
  choices: Choices
  /** The text of a configuration to begin with, if the admin gave one. */
  givenConfig: string | null
  /** Is this path there? Asked for what the start-up files of shells depend on. */
  has: (path: string) => boolean
  hasSystemd: boolean
  /** Those of skills, rules, agents and commands that the base folder has. */
  baseParts: string[]
  /** Another managed file sets `processWrapper`. */
  processWrapperTaken: boolean
  /** Groups and services; neither exists in another root. */
  live: boolean
  /** May a group be made, or is it there? */
  hasGroups: boolean
}

/** Its members may read a shared webhook file. */
export const sharedGroup = 'claude-auth'

/** In the order in which it is made: nothing refers to what is not there yet. */
export function systemPlan(facts: SystemFacts): Desired[] {
  return [
    ...group(facts),
    ...program(facts),
    ...config(facts),
    ...commands(facts),
    ...onPath(facts),
    ...skel(facts),
    ...(facts.hasSystemd ? units(facts.shipped) : []),
    ...managed(facts),
    ...instructions(facts),
  ]
}

const current = join(systemProgram, 'current')
const programBin = join(current, 'bin')

function program({ from, name, print, node, earlierPrograms }: SystemFacts): Desired[] {
  return [
    folder('/usr'),
    folder('/usr/local'),
    folder('/usr/local/lib'),
    folder(systemProgram),
    ...earlierPrograms,
    { path: join(systemProgram, name), make: { kind: 'program', from, node, print } },
    link(current, name),
  ]
}

/** First: it is the one change that other programs make for us. */
function group({ live, hasGroups }: SystemFacts): Desired[] {
  if (!live || !hasGroups) return []
  return [{ path: `group:${sharedGroup}`, make: { kind: 'group', name: sharedGroup } }]
}

function config({ choices, givenConfig }: SystemFacts): Desired[] {
  const part = { in: 'config', custody: choices.custody } as const
  const whenAbsent = configTemplate(givenConfig, choices.custody, 'machine')
  return [
    folder('/etc'),
    folder('/etc/claude-auth'),
    { path: systemConfig, make: { kind: 'part', part, whenAbsent, mode: 0o644 } },
  ]
}

function commands({ shipped }: SystemFacts): Desired[] {
  const isTaken = 'is there already and stays'
  const share = '/usr/local/share'
  const completions = completingShells
    .map(({ completion }) => completion)
    .filter(({ shipped: name }) => shipped.completions.includes(name))
    .map(({ shipped: name, inShare }) =>
      link(join(share, inShare), join(current, 'completions', name)),
    )
  return withFolders([
    ...['claude-auth', 'claude-wrap'].map(name =>
      link(`/usr/local/bin/${name}`, join(programBin, name), isTaken),
    ),
    link(
      '/usr/local/bin/claude',
      join(programBin, 'claude'),
      'is the client itself and stays; shells meet the wrapper earlier on PATH, all else the hooks',
    ),
    ...completions,
    ...shipped.manuals.map(name => link(`${share}/man/man1/${name}`, `${current}/man/${name}`)),
  ])
}

/** The wrapper's folder on every user's PATH, in the words of each shell, and of the services of users (environment.d(5)). */
function onPath({ has }: SystemFacts): Desired[] {
  const environment = file(
    machineEnvironment,
    `# claude-auth: its wrapper goes before the client.\nPATH=${programBin}:$PATH\n`,
  )
  const files = shells.flatMap(shell => shell.machineFiles(programBin, has))
  // A file that belongs to others is in a folder that exists.
  const own = files.filter(({ make }) => make.kind === 'file')
  return [
    ...withFolders([environment, ...own]),
    ...files.filter(({ make }) => make.kind !== 'file'),
  ]
}

function skel({ shipped, choices, baseParts }: SystemFacts): Desired[] {
  const home = '/etc/skel'
  const hooks: Desired = {
    path: `${home}/.claude/settings.json`,
    make: {
      kind: 'part',
      part: { in: 'settings', hooks: shipped.hooks },
      whenAbsent: shipped.settings,
      mode: 0o600,
    },
  }
  const stays = 'is there already and stays'
  return [
    folder(home),
    { path: `${home}/.claude`, make: { kind: 'folder', mode: 0o700, strict: true } },
    hooks,
    ...baseParts.map(name =>
      link(`${home}/.claude/${name}`, join(choices.base ?? '', name), stays),
    ),
    folder(`${home}/.local`),
    folder(`${home}/.local/bin`),
    link(`${home}/.local/bin/claude`, join(programBin, 'claude'), stays),
  ]
}

function units({ userUnits, systemUnits }: Shipped): Desired[] {
  const place = (scope: string, { name, text, wantedBy }: Unit) => [
    file(`/etc/systemd/${scope}/${name}`, text),
    ...wantedBy.map(target =>
      link(`/etc/systemd/${scope}/${target}.wants/${name}`, `/etc/systemd/${scope}/${name}`),
    ),
  ]
  return withFolders([
    ...userUnits.flatMap(unit => place('user', unit)),
    ...systemUnits.flatMap(unit => place('system', unit)),
  ])
}

/** Last: from here on every session of every user calls the hooks. */
function managed({ shipped, processWrapperTaken }: SystemFacts): Desired[] {
  const hooks = Object.fromEntries(
    Object.entries(shipped.hooks).map(([event, hook]) => [event, [{ hooks: [hook] }]]),
  )
  const wrapper = processWrapperTaken ? {} : { processWrapper: join(programBin, 'claude-wrap') }
  const text = `${JSON.stringify({ ...wrapper, hooks }, null, 2)}\n`
  return withFolders([file('/etc/claude-code/managed-settings.d/claude-auth.json', text)])
}

/** Both clients read every such file in addition to what the site's own files say; `claudeMd` of a drop-in would replace theirs. */
function instructions({ choices }: SystemFacts): Desired[] {
  const { instructions: given = null } = choices
  if (given === null) return []
  return withFolders([
    file(`/etc/claude-code/.claude/rules/claude-auth-${given.name}.md`, given.text),
  ])
}

/** The text of a new configuration: `given` by the admin, or the annotated one, with our key in it. */
export function configTemplate(
  given: string | null,
  custody: Custody,
  whose: 'machine' | 'person',
) {
  if (given !== null) return withCustody(given, custody)
  return `${annotatedConfig[whose]}${custodyLines(custody)}`
}
