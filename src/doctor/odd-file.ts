// What stands in the place of a file of ours and can't be one: a pipe, a device, a socket, a folder, or far too large.

import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../host/error.js'
import { ownerPath } from '../login/lock-owner.js'
import type { Place } from '../place.js'

export interface OddFile {
  path: string
  /** To be read after the path. */
  why: string
  /** Nothing is lost with it. */
  isEmpty: boolean
  /** Without it nothing is renewed. */
  isNeeded: boolean
}

/** The folders of our state; all else in it is files. */
const folders = ['login', 'config', 'client', 'aside']
/** Many times the largest. */
const mostBytes = 16 * 1024 * 1024

/** The first one in our state, among the sealed copies in the folder `store`, and beside the client's locks. */
export function oddFile({ paths, owned }: Place, store: string): OddFile | null {
  if (!owned) return null
  const state = entriesOf(paths.state).filter(name => !folders.includes(name))
  const sealed = entriesOf(store).filter(name => /^keys?$|\.jwe$/.test(name))
  const all = [
    ...state.map(name => join(paths.state, name)),
    ...sealed.map(name => join(store, name)),
    ownerPath(paths.folder),
  ]
  for (const path of all) {
    const why = whyOdd(path)
    if (why === null) continue
    const isNeeded = [paths.gate, join(store, 'key')].includes(path)
    return { path, why, isEmpty: isEmpty(path), isNeeded }
  }
  return null
}

function whyOdd(path: string): string | null {
  try {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return null
    if (!about.isFile()) return 'is not a regular file'
    return about.size > mostBytes ? 'is larger than 16 MiB' : null
  } catch (error) {
    // What is closed to us, the check of rights tells.
    return systemCode(error) === 'ELOOP' ? 'is a loop of links' : null
  }
}

function isEmpty(path: string): boolean {
  const about = lstatSync(path, { throwIfNoEntry: false })
  return about?.isFile() === false && !about.isDirectory()
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
