// Executes a plan: the manifest first, then the changes, then the manifest once more.

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { namesIn } from '../system/open-file.js'
import { runTool } from '../system/start-program.js'
import { AuthError, systemCode } from '../system/trouble.js'
import {
  atomicWrite,
  freshNonce,
  removeQuietly,
  replaceLink,
  syncFolder,
  writeFailed,
} from '../system/write-file.js'
import type { Desired } from './desired-state.js'
import { inspect, type PathState } from './inspect.js'
import { type Choices, type Entry, type Manifest, readManifest, writeManifest } from './manifest.js'
import { placeNode, programParts } from './program.js'
import { type Change, type Plan, plan } from './reconcile.js'

/** Where an installation is: `prefix` stands before every path, `manifest` included. */
export interface Site {
  prefix: string
  manifest: string
  uid: number
  gid: number
}

/** What would be done, with nothing done yet. */
export interface Prepared extends Plan {
  site: Site
  earlier: Manifest | null
  desired: Desired[]
}

export function manifestOf(site: Site): Manifest | null {
  return readManifest(join(site.prefix, site.manifest), site.uid)
}

/** Throws as `plan` does; nothing is changed. */
export function prepare(site: Site, desired: Desired[]): Prepared {
  const earlier = manifestOf(site)
  const stateOf = (each: Desired) => inspect(site.prefix, each)
  const { uid, gid } = site
  return { site, earlier, desired, ...plan(desired, stateOf, earlier?.entries ?? [], { uid, gid }) }
}

/** True if nothing is left to do; a killed run leaves an incomplete manifest. */
export function isInPlace({ changes, earlier, entries }: Prepared): boolean {
  const isRecorded = earlier?.complete === true && earlier.entries.length === entries.length
  return changes.length === 0 && isRecorded
}

/**
 * Executes the plan. After a kill at any point, a second run or a removal completes it. A first installation that fails is
 * reverted; an upgrade that fails is completed by the next run.
 */
export function execute(prepared: Prepared, how: { version: string; choices: Choices }): void {
  const { site, entries, changes, desired } = prepared
  const manifest = { formatVersion: 1, version: how.version, choices: how.choices } as const
  record(site, { ...manifest, complete: false, entries })
  try {
    applyAt(site, changes, [...entries, ...desired])
  } catch (error) {
    if (prepared.earlier === null) takeBackQuietly(site)
    throw error
  }
  const kept = new Set(desired.map(({ path }) => path))
  const settled = entries
    .filter(({ path }) => kept.has(path))
    .map(each => ({ ...each, after: each.after.slice(0, 1) }))
  record(site, { ...manifest, complete: true, entries: settled })
}

/**
 * Takes back those entries of the manifest that `which` picks, the latest first. When none is left the
 * manifest goes too.
 */
export function takeBack(site: Site, which: (entry: Entry) => boolean): void {
  const manifest = manifestOf(site)
  if (manifest === null) return
  const picked = manifest.entries.filter(which)
  record(site, { ...manifest, complete: false })
  const stateOf = (each: Desired) => inspect(site.prefix, each)
  applyAt(site, plan([], stateOf, picked, site).changes, picked)
  const left = manifest.entries.filter(entry => !which(entry))
  if (left.length > 0) record(site, { ...manifest, complete: false, entries: left })
  else removeQuietly(join(site.prefix, site.manifest))
}

/** A change that can't be taken back stays in the manifest. */
function takeBackQuietly(site: Site): void {
  try {
    takeBack(site, () => true)
  } catch {
    // The first failure is the one to report.
  }
}

/** Removes the manifest's folder, and those above it that are empty then. */
export function removeManifestFolder({ prefix, manifest }: Site, upTo: string): void {
  const folder = dirname(join(prefix, manifest))
  const names = existsSync(folder) ? readdirSync(folder) : []
  for (const name of names.filter(each => !outlasting.includes(each)))
    rmSync(join(folder, name), { recursive: true, force: true })
  removeEmptyFolders(folder, upTo)
}

/** The records of admins' work and of users who left: no installation made them, and none removes them. */
const outlasting = ['admin.jsonl', 'left']

/** The nearest existing folder above the manifest: an installation that changes nothing leaves none below it. */
export function folderAbove({ prefix, manifest }: Site): string {
  let folder = dirname(join(prefix, manifest))
  while (!existsSync(folder)) folder = dirname(folder)
  return folder
}

/** Takes away what only the gate has left, where nothing was recorded; `upTo` was there before. */
export function removeUnused(site: Site, upTo: string): void {
  if (!existsSync(join(site.prefix, site.manifest))) removeManifestFolder(site, upTo)
}

/** Removes `folder` and those above it, below `upTo`, as long as they are empty. */
export function removeEmptyFolders(folder: string, upTo: string): void {
  try {
    for (let each = folder; each.startsWith(`${upTo}/`); each = dirname(each)) rmdirSync(each)
  } catch {
    // It is not empty.
  }
}

function record(site: Site, manifest: Manifest): void {
  writeManifest(join(site.prefix, site.manifest), manifest)
}

function applyAt(site: Site, changes: Change[], all: { path: string }[]): void {
  const at = (path: string) => (path.startsWith('/') ? join(site.prefix, path) : path)
  apply(
    changes.map(each => ({ ...each, path: at(each.path) })),
    all.map(({ path }) => at(path)),
  )
}

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
    atomicWrite(path, after.text, {
      nonce: freshNonce(),
      tempPrefix: temporary(path),
      owner: after,
    })
}

/** Hidden, and never `*.json`: the client reads every such file of its drop-in folder. */
function temporary(path: string): string {
  return join(dirname(path), `.${basename(path)}.claude-auth-`)
}

function makeFolder(path: string, before: PathState, after: PathState & { kind: 'folder' }): void {
  if (before.kind === 'absent') {
    mkdirSync(path, { mode: 0o700 })
    chownSync(path, after.uid, after.gid)
  }
  chmodSync(path, after.mode)
  syncFolder(dirname(path))
}

function makeLink(path: string, target: string): void {
  replaceLink(target, path, `${temporary(path)}${freshNonce()}`)
  syncFolder(dirname(path))
}

function remove(path: string, before: PathState): void {
  try {
    if (before.kind === 'folder') rmdirSync(path)
    else unlinkSync(path)
  } catch (error) {
    // The folder is not empty, so it stays.
    if (!['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemCode(error) ?? '')) throw error
  }
  syncFolder(dirname(path))
}

/** Moved aside first: a folder of that name is complete. */
function removeProgram(path: string): void {
  const aside = `${temporary(path)}${freshNonce()}`
  renameSync(path, aside)
  rmSync(aside, { recursive: true, force: true })
  syncFolder(dirname(path))
}

/** Copied beside, then moved into place whole: a folder of that name is complete. */
function copyProgram(path: string, { from, node }: { from: string; node: string }): void {
  const fresh = `${temporary(path)}${freshNonce()}`
  // Closed for as long as files in it may have the owner of the original.
  mkdirSync(fresh, { mode: 0o700 })
  for (const name of programParts(from))
    cpSync(join(from, name), join(fresh, name), { recursive: true, dereference: true })
  openToAll(fresh)
  placeNode(join(fresh, 'node'), node, from)
  renameSync(fresh, path)
  syncFolder(dirname(path))
}

/** Readable by all, writable by the owner, executable where it was. */
function openToAll(path: string): void {
  const stat = lstatSync(path)
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name))
  const runs = stat.isDirectory() || (stat.mode & 0o100) !== 0
  if (process.geteuid?.() === 0) chownSync(path, 0, 0)
  chmodSync(path, runs ? 0o755 : 0o644)
}

/** By the tools of shadow, else by busybox's. A group that something needs is not removed, and stops nothing. */
function makeGroup(name: string, after: PathState): void {
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
    for (const name of namesIn(dirname(path)).filter(each => each.startsWith(start)))
      rmSync(join(dirname(path), name), { recursive: true, force: true })
  }
}
