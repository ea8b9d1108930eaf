// What a home that was made from /etc/skel has of ours, as entries that can be taken back like any others.

import { join } from 'node:path'
import { apply } from './apply.js'
import { lookAt } from './look-at.js'
import type { Entry } from './manifest.js'
import { plan } from './plan.js'
import { absent } from './seen.js'
import type { Make } from './wanted.js'

/**
 * Takes the hooks and the wrapper's link of `program` out of `home`, as far as they are as they were
 * given, and the folders that are empty then. Throws `usage` for settings that cannot be edited.
 */
export function takeBackSkel(home: string, program: string, owner: { uid: number; gid: number }) {
  const entry = (path: string, make: Make, after: string[] = []): Entry => ({
    path: join(home, path),
    make,
    before: absent,
    after,
  })
  const folder: Make = { kind: 'folder', mode: 0o700 }
  const target = join(program, 'current/bin/claude')
  const settings: Make = {
    kind: 'part',
    part: { in: 'settings', hooks: {} },
    whenAbsent: '',
    mode: 0o600,
  }
  const entries = [
    entry('.local', folder),
    entry('.local/bin', folder),
    entry('.local/bin/claude', { kind: 'link', target }, [`link:${target}`]),
    entry('.claude', folder),
    entry('.claude/settings.json', settings),
  ]
  const { changes } = plan([], each => lookAt('', each), entries, owner)
  apply(changes, [])
}
