// What the package brings as files to be installed: the client's settings of a new home, and systemd's units.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, jsonObject } from '../host/json.js'
import type { HookCommand } from './wanted.js'

/** A unit with the program's folder filled in; `wantedBy` is what its [Install] section names. */
export interface Unit {
  name: string
  text: string
  wantedBy: string[]
}

/** All that is copied as it was found, with `@program@` replaced. */
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

/** Reads what the package in `root` brings, for a program that will stand in `program`. */
export function readShipped(root: string, program: string): Shipped {
  const settings = filledSettings(join(root, 'skel/.claude/settings.json'), program)
  const units = [
    ...names(root, 'systemd').map(name => ({
      scope: scopeOf(name),
      ...unit(root, 'systemd', name, program),
    })),
    ...(['user', 'system'] as const).flatMap(scope =>
      names(root, `systemd/${scope}`).map(name => ({
        scope,
        ...unit(root, `systemd/${scope}`, name, program),
      })),
    ),
  ]
  const of = (wanted: string) =>
    units.filter(({ scope }) => scope === wanted).map(({ scope: _, ...each }) => each)
  return {
    settings,
    hooks: hooksOf(settings),
    userUnits: of('user'),
    systemUnits: of('system'),
    completions: names(root, 'completions'),
    manuals: names(root, 'man'),
  }
}

/** The units that run inside a user's own manager are those with the plain name. */
function scopeOf(name: string): 'user' | 'system' {
  return /^claude-auth\.(?:service|timer)$/.test(name) ? 'user' : 'system'
}

function unit(root: string, folder: string, name: string, program: string): Unit {
  const text = filled(readFileSync(join(root, folder, name), 'utf8'), program)
  const wantedBy = [...text.matchAll(/^WantedBy=(.+)$/gm)].flatMap(([, list = '']) =>
    list.trim().split(/\s+/),
  )
  return { name, text, wantedBy }
}

function filled(text: string, program: string): string {
  return text.replaceAll('@program@', program)
}

/** The shell reads the commands, so a folder with odd characters in it is quoted. */
function filledSettings(file: string, program: string): string {
  const text = readFileSync(file, 'utf8')
  if (/^[\w@%+=:,./-]+$/.test(program)) return filled(text, program)
  return text.replaceAll(/"@program@([^" ]*)/g, (_, path: string) => {
    const quoted = `'${`${program}${path}`.replaceAll("'", "'\\''")}'`
    return JSON.stringify(quoted).slice(0, -1)
  })
}

function names(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(each => each.isFile() && !each.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
}

/** The first hook of each event. */
function hooksOf(settings: string): Record<string, HookCommand> {
  const events = jsonObject(settings)?.['hooks']
  if (!isObject(events)) throw new Error('skel/.claude/settings.json has no hooks')
  const entries = Object.entries(events as Record<string, { hooks: HookCommand[] }[]>)
  return Object.fromEntries(
    entries.map(([event, [group]]) => [event, group?.hooks[0] as HookCommand]),
  )
}
