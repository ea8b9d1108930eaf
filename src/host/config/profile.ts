// Which login folders are looked after, and which of them is in use.

import { join, normalize } from 'node:path'
import type { Path } from './problem.js'
import type { Config } from './resolved.js'
import type { ConfigFile } from './schema.js'
import { userPath } from './template.js'

/** The folders beside `~/.claude`, absolute and as the client spells them (NFC). One whose name or folder another has is left out. */
export function resolveProfiles(
  listed: NonNullable<ConfigFile['profiles']>,
  home: string,
  misfit: (path: Path, what: string) => void,
): Config['profiles'] {
  const names = new Set(['default'])
  const folders = new Set([join(home, '.claude')])
  return listed.flatMap(({ name, folder: text }, at) => {
    const folder = userPath(text, home).normalize('NFC')
    const isTaken = names.has(name) || folders.has(folder)
    if (names.has(name))
      misfit(['profiles', at, 'name'], 'expected a name that no other profile has')
    if (folders.has(folder))
      misfit(['profiles', at, 'folder'], 'expected a folder that no other profile has')
    names.add(name)
    folders.add(folder)
    return isTaken ? [] : [{ name, folder }]
  })
}

/** `default` for `~/.claude`, the name of a listed folder, or null for one that is not ours to manage. */
export function profileOf(
  folder: string,
  profiles: Config['profiles'],
  home: string,
): string | null {
  const wanted = normalize(`${folder}/`).slice(0, -1)
  if (wanted === normalize(join(home, '.claude'))) return 'default'
  return profiles.find(profile => profile.folder === wanted)?.name ?? null
}
