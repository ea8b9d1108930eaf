// What the package brings as files to be installed: the client's settings of a new home, and systemd's units.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireBytes } from '../host/open-file.js'
import { hookEntries } from './hook-entries.js'
import type { HookCommand } from './wanted.js'

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
