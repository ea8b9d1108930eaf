// Makes the changes of a plan, each by one rename, so that a kill at any point leaves the old or the new.

import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { atomicWrite, syncFolder } from '../host/atomic-write.js'
import { AuthError, systemCode } from '../host/error.js'
import { runTool } from '../host/system-tools.js'
import { writeFailed } from '../host/write-failed.js'
import { placeNode } from './own-node.js'
import type { Change } from './plan.js'
import { programParts } from './program.js'
import type { Seen } from './seen.js'

/**
 * Makes `changes` in their order, after taking away what a killed run left half done beside `paths`.
 * Throws `write-failed` at the first that does not go.
 */
export function apply(changes: Change[], paths: string[]): void {
  sweep(paths)
  for (const change of changes) {
    try {
      make(change)
    } catch (error) {
      if (error instanceof AuthError) throw error
      throw writeFailed(change.path, error, `could not change ${change.path}`)
    }
  }
}

function make({ path, make, before, after }: Change): void {
  if (make.kind === 'group') makeGroup(make.name, after)
  else if (make.kind === 'program') {
    if (after.kind === 'present') copyProgram(path, make)
    else removeProgram(path)
  } else if (after.kind === 'absent') remove(path, before)
  else if (after.kind === 'folder') makeFolder(path, before, after)
  else if (after.kind === 'link') makeLink(path, after.target)
  else if (after.kind === 'file' && make.kind === 'mode') chmodSync(path, after.mode)
  else if (after.kind === 'file')
    atomicWrite(path, after.text, { nonce: nonce(), tempPrefix: temporary(path), owner: after })
}

/** Hidden, and never `*.json`: the client reads every such file of its drop-in folder. */
function temporary(path: string): string {
  return join(dirname(path), `.${basename(path)}.claude-auth-`)
}

function nonce(): string {
  return randomBytes(8).toString('hex')
}

function makeFolder(path: string, before: Seen, after: Seen & { kind: 'folder' }): void {
  if (before.kind === 'absent') {
    mkdirSync(path, { mode: 0o700 })
    chownSync(path, after.uid, after.gid)
  }
  chmodSync(path, after.mode)
  syncFolder(dirname(path))
}

function makeLink(path: string, target: string): void {
  const fresh = `${temporary(path)}${nonce()}`
  symlinkSync(target, fresh)
  renameSync(fresh, path)
  syncFolder(dirname(path))
}

function remove(path: string, before: Seen): void {
  try {
    if (before.kind === 'folder') rmdirSync(path)
    else unlinkSync(path)
  } catch (error) {
    // Somebody else keeps something in the folder: then it stays.
    if (!['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemCode(error) ?? '')) throw error
  }
  syncFolder(dirname(path))
}

/** Moved aside first: a folder of that name is complete. */
function removeProgram(path: string): void {
  const aside = `${temporary(path)}${nonce()}`
  renameSync(path, aside)
  rmSync(aside, { recursive: true, force: true })
  syncFolder(dirname(path))
}

/** Copied beside, then moved into place whole: a folder of that name is complete. */
function copyProgram(path: string, { from, node }: { from: string; node: string }): void {
  const fresh = `${temporary(path)}${nonce()}`
  // Closed for as long as files in it may have the owner of the original.
  mkdirSync(fresh, { mode: 0o700 })
  for (const name of programParts(from))
    cpSync(join(from, name), join(fresh, name), { recursive: true, dereference: true })
  openToAll(fresh)
  placeNode(join(fresh, 'node'), node, from)
  renameSync(fresh, path)
  syncFolder(dirname(path))
}

/** Readable by everybody, writable by the owner, executable where it was. */
function openToAll(path: string): void {
  const stat = lstatSync(path)
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name))
  const runs = stat.isDirectory() || (stat.mode & 0o100) !== 0
  if (process.geteuid?.() === 0) chownSync(path, 0, 0)
  chmodSync(path, runs ? 0o755 : 0o644)
}

/** By the tools of shadow, else by busybox's. A group that something needs is not removed, and stops nothing. */
function makeGroup(name: string, after: Seen): void {
  if (after.kind === 'absent') {
    if (runTool('groupdel', [name]).isMissing) runTool('delgroup', [name])
    return
  }
  const made = runTool('groupadd', ['--system', name])
  const ended = made.isMissing ? runTool('addgroup', ['-S', name]) : made
  if (ended.code === 0) return
  throw new AuthError('write-failed', `the group ${name} could not be made (${ended.code})`, {
    hint: `groupadd --system ${name}`,
  })
}

function sweep(paths: string[]): void {
  for (const path of paths) {
    const start = basename(temporary(path))
    for (const name of names(dirname(path)).filter(each => each.startsWith(start)))
      rmSync(join(dirname(path), name), { recursive: true, force: true })
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
