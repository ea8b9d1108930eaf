// The page and the textfile of a view: each is replaced whole, and what a killed run left beside it is removed.

import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { atomicWrite, freshNonce, isTemporary, removeQuietly } from '../system/write-file.js'
import { fleetPage, type PageOptions } from './fleet-page.js'
import { metricsText } from './textfile.js'
import type { FleetView } from './view.js'

export interface Outputs extends PageOptions {
  /** Where to write; null: not asked for. */
  textfile: string | null
  page: string | null
  /** Nothing had to be left out of the view. */
  isWhole: boolean
}

/** If one file can't be written, the other still is; then throws `write-failed`, with the old file untouched. */
export function writeFiles(view: FleetView, outputs: Outputs): void {
  const { textfile, page } = outputs
  const failures: unknown[] = []
  const write = (path: string | null, mode: number, text: () => string) => {
    if (path === null) return
    try {
      writeOutput(path, text(), mode)
    } catch (error) {
      failures.push(error)
    }
  }
  write(textfile, 0o644, () => metricsText(view, outputs))
  write(page, 0o640, () => [...fleetPage(view, outputs)].join(''))
  if (failures.length > 0) throw failures[0]
}

/** The group stays that of the file before, so that a web server can still read it; a new file gets that of a set-group-ID folder. */
function writeOutput(path: string, text: string, mode: number): void {
  removeLeftovers(path)
  atomicWrite(path, text, {
    nonce: freshNonce(),
    owner: { uid: process.geteuid?.() ?? -1, gid: groupFor(path), mode },
  })
}

function groupFor(path: string): number {
  const before = lstatSync(path, { throwIfNoEntry: false })
  const folder = lstatSync(dirname(path), { throwIfNoEntry: false })
  const setGroupId = 0o2000
  if (before?.isFile()) return before.gid
  if (folder !== undefined && (folder.mode & setGroupId) !== 0) return folder.gid
  return process.getegid?.() ?? -1
}

function removeLeftovers(path: string): void {
  const folder = dirname(path)
  const isLeft = (name: string) => name.startsWith(`${basename(path)}.tmp.`) && isTemporary(name)
  try {
    for (const name of readdirSync(folder).filter(isLeft)) removeQuietly(join(folder, name))
  } catch {
    // What keeps us out of the folder, the write itself tells.
  }
}
