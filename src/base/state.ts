// How the base stands: is it there, has it something to share, and can only its owner and root change it?

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../system/open-file.js'
import { closing, distrustHint, distrustOf, othersMayWrite } from '../system/trusted-path.js'
import { realFolder, sharedParts } from './tree.js'

export type BaseState =
  | { kind: 'missing' | 'empty'; folder: string }
  /** Others may write to `path`. */
  | { kind: 'open'; folder: string; path: string; why: string; command: string }
  | { kind: 'good'; folder: string; parts: readonly string[] }

/** More are not looked at: an update judges them all. */
const mostLooked = 20_000

/** Looks with the rights of the caller, and changes nothing. Root or `ownerUid` may write. */
export function baseState(folder: string | null, ownerUid = 0): BaseState | null {
  if (folder === null) return null
  const real = realFolder(folder)
  if (real === null) return { kind: 'missing', folder }
  const distrust = distrustOf(folder, ownerUid)
  if (distrust !== null)
    return { kind: 'open', folder, ...distrust, command: distrustHint(distrust, ownerUid) }
  const parts = sharedParts.filter(part => namesIn(join(real, part)).length > 0)
  const open = [real]
  let looked = 0
  for (let at = open.pop(); at !== undefined && looked < mostLooked; at = open.pop()) {
    for (const name of namesIn(at)) {
      looked++
      const path = join(at, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat === undefined || stat.isSymbolicLink()) continue
      const why = othersMayWrite(stat, ownerUid)
      if (why !== null)
        return { kind: 'open', folder, path, why, command: closing(path, stat, ownerUid) }
      if (stat.isDirectory()) open.push(path)
    }
  }
  return parts.length === 0 ? { kind: 'empty', folder } : { kind: 'good', folder, parts }
}
