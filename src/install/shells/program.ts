// Where the program of a shell is on this machine.

import { join } from 'node:path'
import { canRun } from '../../system/access.js'
import type { Env } from '../../system/paths.js'
import { isOnTrustedWay } from '../../system/trusted-way.js'
import type { Shell } from './shell.js'

/** In a folder of the system, else the first on PATH that others cannot write; null: nowhere. */
export function programOf({ program }: Shell, env: Env): string | null {
  const ofSystem = ['/bin', '/usr/bin', '/usr/local/bin'].map(folder => join(folder, program))
  const found = ofSystem.find(canRun)
  if (found !== undefined) return found
  const uid = process.geteuid?.() ?? -1
  const onPath = (env['PATH'] ?? '')
    .split(':')
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
  return onPath.find(path => canRun(path) && isOnTrustedWay(path, uid)) ?? null
}
