// What the package brings as files to be installed: systemd's units, the client's settings of a new home, instructions for
// agents.

import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { requireBytes } from '../system/open-file.js'
import { ownRoot } from '../system/program-places.js'
import { AuthError, quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import type { HookCommand } from './desired-state.js'
import type { Choices } from './manifest.js'

/** A unit of systemd; `wantedBy` is what its [Install] section names. */
export interface Unit {
  name: string
  text: string
  wantedBy: string[]
}

/** Everything that is copied as shipped, with `@program@`, the folder of the program in use, filled in. */
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

type Instructions = NonNullable<Choices['instructions']>

/** Far more than agents should read before every prompt. */
const maxBytes = 64 * 1024

/**
 * What is asked for: `changes` (or another name of the package's), a file, `none`; null: as before. What the package brings is
 * read anew, so that an upgrade brings its own words. Throws `usage` for what can't be read.
 */
export function instructionsFor(
  wanted: string | null,
  before: Instructions | null,
): Instructions | null {
  if (wanted === 'none') return null
  if (wanted === null) return before && (shippedInstructions(before.name) ?? before)
  return shippedInstructions(wanted) ?? givenInstructions(wanted)
}

function shippedInstructions(name: string): Instructions | null {
  if (!/^[a-z][a-z-]*$/.test(name)) return null
  const path = join(ownRoot(), 'instructions', `${name}.md`)
  return existsSync(path) ? { name, text: instructionsText(path) } : null
}

function givenInstructions(file: string): Instructions {
  const path = resolve(file)
  const name = basename(path).replace(/\.md$/i, '')
  if (!existsSync(path))
    throw usage(
      `the instructions ${clean(file, 200)} are neither \`changes\` nor a file; nothing was changed`,
    )
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/.test(name))
    throw usage(
      `${clean(file, 200)}: the name of the file is to be made of letters, digits, ".", "_" and "-"`,
    )
  // Its words are the site's own, whatever the package names so later.
  const text = instructionsText(path)
  return { name: shippedInstructions(name) === null ? name : `site-${name}`, text }
}

function instructionsText(path: string): string {
  const bytes = requireBytes(path, { maxBytes })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? undefined)
    if (text.trim() !== '' && !text.includes('\0')) return text.endsWith('\n') ? text : `${text}\n`
  } catch {
    // It is no text.
  }
  throw usage(`${clean(path, 200)} is empty or no text`)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth install --help' })
}
