// `profiles` in the configuration: which login folders are looked after, and which of them is in use.

import { join, normalize } from 'node:path'
import * as v from 'valibot'
import type { Report } from './forms.js'
import { matching } from './forms.js'
import { userPath } from './template.js'

const profile = v.strictObject(
  {
    name: matching(/^[a-z0-9][a-z0-9._-]*$/, 'a name such as work', 'The name, for {profile}.'),
    folder: v.pipe(
      v.string('a folder such as ~/.claude-work'),
      v.regex(/^(?:\/|~\/)./, 'a folder such as ~/.claude-work'),
      v.description('The login folder.'),
    ),
  },
  'a map such as {name: work, folder: ~/.claude-work}',
)

/** `profiles` as written. */
export const profilesSchema = v.optional(
  v.pipe(
    v.array(profile, 'a list of {name, folder}'),
    v.description('Login folders to look after beside ~/.claude.'),
  ),
)

/** A login folder beside `~/.claude`, absolute. */
export interface Profile {
  name: string
  folder: string
}

/** The folders beside `~/.claude`, absolute and as the client spells them (NFC). One whose name or folder another has is left out. */
export function resolveProfiles(
  listed: readonly Profile[],
  home: string,
  misfit: Report,
): Profile[] {
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
export function profileOf(folder: string, profiles: Profile[], home: string): string | null {
  const wanted = normalize(`${folder}/`).slice(0, -1)
  if (wanted === normalize(join(home, '.claude'))) return 'default'
  return profiles.find(profile => profile.folder === wanted)?.name ?? null
}
