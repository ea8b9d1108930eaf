// What the package brings as files to be installed: the client's settings of a new home, and systemd's units.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireBytes } from '../system/open-file.js'
import { quoted } from '../system/trouble.js'
import type { HookCommand } from './desired-state.js'

/** A unit of systemd; `wantedBy` is what its [Install] section names. */
export interface Unit {
  name: string
  text: string
  wantedBy: string[]
}

/** All that is copied as it was found, with `@program@`, the folder of the program in use, filled in. */
export interface Shipped {
  /** `.claude/settings.json` of a new home. */
  settings: string
  hooks: Record<string, HookCommand>
  userUnits: Unit[]
  systemUnits: Unit[]
  /** Names of files in `completions/` and `man/`. */
  completions: string[]
  manuals: string[]
}

/** Reads what the package in `root` brings, for a program whose folder in use is `current`. */
export function readShipped(root: string, current: string): Shipped {
  const units = (scope: 'user' | 'system') =>
    names(root, `systemd/${scope}`).map(name => unit(root, `systemd/${scope}`, name, current))
  const { hooks } = hookEntries(current)
  const isPlain = /^[\w@%+=:,./-]+$/.test(current)
  return {
    settings: isPlain
      ? filled(textOf(join(root, 'skel/.claude/settings.json')), current)
      : `${JSON.stringify({ hooks }, null, 2)}\n`,
    hooks: Object.fromEntries(
      Object.entries(hooks).map(([event, [group]]) => [event, group?.hooks[0] as HookCommand]),
    ),
    userUnits: units('user'),
    systemUnits: units('system'),
    completions: names(root, 'completions'),
    manuals: names(root, 'man'),
  }
}

function unit(root: string, folder: string, name: string, current: string): Unit {
  const text = filled(textOf(join(root, folder, name)), current)
  const wantedBy = [...text.matchAll(/^WantedBy=(.+)$/gm)].flatMap(([, list = '']) =>
    list.trim().split(/\s+/),
  )
  return { name, text, wantedBy }
}

/** Of a package that is not whole: empty. Throws `not-private` for what is no file. */
function textOf(path: string): string {
  return requireBytes(path, { maxBytes: 1024 * 1024 })?.toString() ?? ''
}

function filled(text: string, current: string): string {
  return text.replaceAll('@program@', current)
}

function names(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(each => each.isFile() && !each.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
}

/** `hooks` of the client's settings, as far as it is ours. */
export interface HookEntries {
  hooks: Record<ClientEvent, { hooks: { type: 'command'; command: string; timeout: number }[] }[]>
}

export type ClientEvent = 'SessionStart' | 'UserPromptSubmit' | 'StopFailure' | 'SessionEnd'

/** More than any `renewal.launchWait` (2 minutes at most), in seconds: the hook itself keeps to the configured one. */
const waitingSeconds = 150
/** Runs in the background. */
const leavingSeconds = 60

const hooks = [
  ['SessionStart', 'session-start', waitingSeconds],
  ['UserPromptSubmit', 'user-prompt-submit', waitingSeconds],
  ['StopFailure', 'stop-failure', leavingSeconds],
  ['SessionEnd', 'session-end', leavingSeconds],
] as const

/** The events of the client at which it calls our hook. */
export const hookEvents: readonly ClientEvent[] = hooks.map(([event]) => event)

/**
 * The entries for the program in the folder `program` (absolute, such as
 * `/usr/local/lib/claude-auth/current`), in the form of clients 2.1.197 and 2.1.330: merged into a
 * settings file, or as a managed drop-in by themselves.
 */
export function hookEntries(program: string): HookEntries {
  const entries = hooks.map(([event, name, timeout]) => [
    event,
    [{ hooks: [{ type: 'command', command: hookCommand(program, name), timeout }] }],
  ])
  return { hooks: Object.fromEntries(entries) as HookEntries['hooks'] }
}

/** Is this the command of our hook, in any program folder? */
export function isOurHook(command: string): boolean {
  const found = /\/bin\/claude-auth'? hook ([a-z-]+)$/.exec(command)
  return hooks.some(([, name]) => name === found?.[1])
}

/** The client hands it to a shell. */
function hookCommand(program: string, name: string): string {
  return `${quoted(`${program}/bin/claude-auth`)} hook ${name}`
}
