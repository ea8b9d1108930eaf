// From a plan to the changed machine: the manifest first, then the changes, then the manifest once more.

import { existsSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import { apply } from './apply.js'
import { lookAt } from './look-at.js'
import { type Choices, type Entry, type Manifest, readManifest, writeManifest } from './manifest.js'
import { type Change, type Plan, plan } from './plan.js'
import type { Wanted } from './wanted.js'

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
  wanted: Wanted[]
}

export function manifestOf(site: Site): Manifest | null {
  return readManifest(join(site.prefix, site.manifest), site.uid)
}

/** Throws as `plan` does; nothing is changed. */
export function prepare(site: Site, wanted: Wanted[]): Prepared {
  const earlier = manifestOf(site)
  const seen = (each: Wanted) => lookAt(site.prefix, each)
  const { uid, gid } = site
  return { site, earlier, wanted, ...plan(wanted, seen, earlier?.entries ?? [], { uid, gid }) }
}

/** Has a run of this nothing to do? One that was killed leaves a manifest that says so. */
export function isInPlace({ changes, earlier, entries }: Prepared): boolean {
  const isRecorded = earlier?.complete === true && earlier.entries.length === entries.length
  return changes.length === 0 && isRecorded
}

/**
 * Makes it so. A kill at any point leaves what a second run, or an undoing, completes. A first installation
 * that fails is taken back; an upgrade that fails is completed by the next run.
 */
export function carryOut(prepared: Prepared, how: { version: string; choices: Choices }): void {
  const { site, entries, changes, wanted } = prepared
  const manifest = { formatVersion: 1, version: how.version, choices: how.choices } as const
  record(site, { ...manifest, complete: false, entries })
  try {
    applyAt(site, changes, [...entries, ...wanted])
  } catch (error) {
    if (prepared.earlier === null) takeBackQuietly(site)
    throw error
  }
  const kept = new Set(wanted.map(({ path }) => path))
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
  const seen = (each: Wanted) => lookAt(site.prefix, each)
  applyAt(site, plan([], seen, picked, site).changes, picked)
  const left = manifest.entries.filter(entry => !which(entry))
  if (left.length > 0) record(site, { ...manifest, complete: false, entries: left })
  else removeQuietly(join(site.prefix, site.manifest))
}

/** What can't be taken back either is still in the manifest. */
function takeBackQuietly(site: Site): void {
  try {
    takeBack(site, () => true)
  } catch {
    // The first failure is the one to be told.
  }
}

/** The last trace: the manifest's folder, and those above it that only it had filled. */
export function removeManifestFolder({ prefix, manifest }: Site, upTo: string): void {
  const folder = dirname(join(prefix, manifest))
  rmSync(folder, { recursive: true, force: true })
  removeEmptyFolders(dirname(folder), upTo)
}

/** The nearest folder to the manifest that is there: an installation that nothing comes of leaves none below it. */
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
    // Somebody keeps something there.
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
