// Which program folder an installation uses: the one that holds the same files, or a new one beside it.

import { existsSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ownRoot } from '../host/program-places.js'
import type { Manifest } from './manifest.js'
import { ownNode } from './own-node.js'
import { findNode, programPrint } from './program.js'
import type { Wanted } from './wanted.js'

export interface ProgramChoice {
  from: string
  /** The folder's name: the version, with a part of the print where that is taken by other files. */
  name: string
  print: string
  node: string
  /** The folder in use before, at most one. */
  earlierPrograms: Wanted[]
}

/** `program`: the folder of all versions, with any prefix; `path`: the same as the manifest has it. */
export function chooseProgram(
  {
    program,
    path,
    version,
    forAll,
  }: { program: string; path: string; version: string; forAll: boolean },
  manifest: Manifest | null,
): ProgramChoice {
  const from = ownRoot()
  const print = programPrint(from)
  const taken = programPrint(join(program, version))
  const name = taken === '' || taken === print ? version : `${version}-${print.slice(0, 8)}`
  const current = linkTarget(join(program, 'current'))
  const others = (manifest?.entries ?? []).filter(
    each => each.make.kind === 'program' && basename(each.path) !== name,
  )
  // Already in use: the one before it stays until the next upgrade, for who is still running from it.
  const isKept = ({ path: old }: { path: string }) =>
    current === name ? existsSync(join(program, basename(old))) : old === join(path, current ?? '')
  const earlierPrograms = others.filter(isKept).slice(0, 1)
  // A recorded Node that still does its work is kept, so that a second run changes nothing.
  const recorded = join(program, name, 'node')
  const usual = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs']
  const node =
    ownNode(from) ?? findNode([process.execPath, ...(forAll ? usual : []), recorded], forAll)
  return {
    from,
    name,
    print,
    node,
    earlierPrograms: earlierPrograms.map(({ path, make }) => ({ path, make })),
  }
}

function linkTarget(path: string): string | null {
  try {
    return existsSync(path) ? readlinkSync(path) : null
  } catch {
    return null
  }
}
